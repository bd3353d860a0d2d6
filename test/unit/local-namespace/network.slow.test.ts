/** What a machine reaches: its own loopback, the services that it was told of, and the world through the proxy. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PROXY_PORT } from '../../../src/local/namespace/environment.ts';
import { afterwards, bash, booted, NO_TRUST, started, unavailable, why } from './fixture.ts';

const LISTEN = `python3 -c "import socket; s = socket.create_server(('127.0.0.1', 18789)); print('up', flush=True); c, _ = s.accept(); c.sendall(b'$0')"`;

describe.skipIf(unavailable)(`the network of a machine${why}`, () => {
  it('is its own: two machines hold the same port at once', async () => {
    const [one, two] = await Promise.all([started(), started()]);
    const serve = (word: string) =>
      `exec 3< <(bash -c '${LISTEN.replaceAll("'", `'\\''`)}' ${word}); read -r up <&3; exec 4<>/dev/tcp/127.0.0.1/18789; cat <&4`;
    const [first, second] = await Promise.all([
      bash(one.machine, serve('first')),
      bash(two.machine, serve('second')),
    ]);
    expect([first.out, second.out]).toEqual(['first', 'second']);
  });

  it('reaches a loopback service that an execution names, also after a wake, and no other', async () => {
    const named = await webServer('named');
    const other = await webServer('other');
    const { machine, runtime, boot } = await started();
    const look = `curl -sS $PROVIDER_BASE_URL/x; curl -sS http://127.0.0.1:${other.port}/`;
    const { out, err } = await bash(machine, look, { PROVIDER_BASE_URL: named.url });
    expect(out).toBe('named /x');
    expect(err).toMatch(/refused|connect to/);

    await machine.stop();
    const woken = await booted(runtime, boot);
    expect((await bash(woken, `curl -sS ${named.url}/y`)).out).toBe('named /y');
  });

  it('leaves a port alone that a process inside has taken', async () => {
    const outside = await webServer('outside');
    const { machine } = await started();
    const script = `python3 -c "import socket; s = socket.create_server(('127.0.0.1', ${outside.port})); print('up', flush=True); s.accept()[0].sendall(b'inside')"`;
    const running = machine.run({
      command: ['bash', '-c', script],
      env: {},
      stdin: undefined,
      cwd: undefined,
    });
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.stderr.resume();
    const { out } = await bash(machine, `exec 3<>/dev/tcp/127.0.0.1/${outside.port}; cat <&3`, {
      PROVIDER_URL: outside.url,
    });
    expect(out).toBe('inside');
  });

  it('does not reach the computer itself through the proxy', async () => {
    const host = await webServer('host');
    const { machine } = await started();
    const get = `curl -sS -o /dev/null -w "%{http_code} %{http_connect}\\n" -x $HTTPS_PROXY --noproxy ''`;
    const targets = [
      `http://127.0.0.1:${host.port}/`,
      `http://localhost:${host.port}/`,
      `http://[::ffff:127.0.0.1]:${host.port}/`,
      'http://169.254.169.254/',
    ];
    const { out } = await bash(
      machine,
      [...targets.map((url) => `${get} '${url}'`), `${get} -p http://0x7f.1:${host.port}/ 2>/dev/null`].join(
        '\n',
      ),
    );
    expect(out.split('\n')).toEqual([...targets.map(() => '403 000'), '000 403']);
  });

  it('opens so many connections and no more, so that one machine leaves the API its files', async () => {
    const { machine } = await started();
    const script = [
      'import socket, select',
      `made = [socket.create_connection(('127.0.0.1', ${PROXY_PORT})) for _ in range(300)]`,
      'ended = []',
      'while len(ended) < 44: ended += [s for s in select.select([s for s in made if s not in ended], [], [], 5)[0]]',
      'more = select.select([s for s in made if s not in ended], [], [], 0.3)[0]',
      'print(len(ended), len(more))',
    ].join('\n');
    const { out } = await bash(machine, `python3 -c "${script}"`);
    expect(out).toBe('44 0');
  });

  it('goes on through the computer’s own proxy', async () => {
    const target = await webServer('far away');
    const asked: string[] = [];
    const company = createServer();
    company.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const far = connect(target.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket.on('error', () => {});
      far.on('error', () => {});
      socket.pipe(far).pipe(socket);
    });
    const port = await listening(company);
    const { machine } = await started({ ...NO_TRUST, env: { HTTPS_PROXY: `http://127.0.0.1:${port}` } });
    const { out } = await bash(machine, 'curl -sS -p -x $HTTPS_PROXY http://far-away.test/z');
    expect(out).toBe('far away /z');
    expect(asked).toEqual(['far-away.test:80']);
  });
});

async function webServer(word: string): Promise<{ port: number; url: string }> {
  const port = await listening(createServer((request, response) => response.end(`${word} ${request.url}`)));
  return { port, url: `http://127.0.0.1:${port}` };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
