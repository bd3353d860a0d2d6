/** A name of the internet with a certificate of its own, in front of an API on loopback: a cloud to reach by proxy. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TlsFront {
  port: number;
  /** Under a name that no resolver knows. */
  url: string;
  /** For NODE_EXTRA_CA_CERTS. */
  certificate: string;
  close(): void;
}

/** @param target the API's address. @param dir takes the certificate. */
export async function startTlsFront(target: string, dir: string): Promise<TlsFront> {
  const name = 'machines.invalid';
  const [key, certificate] = [join(dir, 'cloud.key'), join(dir, 'cloud.crt')];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate],
    ...subject,
  ]);
  const server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    (incoming, response) => {
      const { method, headers, url = '/' } = incoming;
      const there = new URL(url, target);
      const onward = request(there, { method, headers: { ...headers, host: there.host } }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      incoming.pipe(onward);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Object(server.address());
  return {
    port,
    url: `https://${name}:${port}`,
    certificate,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
