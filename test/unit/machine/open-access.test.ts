import { expect, it } from 'vitest';
import { failureOf, MACHINE, serviceOnWire } from './fixture.ts';

const port = (status: string, extra: object = {}) => ({
  json: { port_id: 'p1', port: 18789, status, ...extra },
});

it('waits until a port has its address', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', `${MACHINE}/ports`, port('wake_in_progress', { retry_after_ms: 400 }));
  server.on(
    'GET',
    `${MACHINE}/ports/p1`,
    port('wake_in_progress'),
    port('ready', { url: 'https://a.example' }),
  );
  expect(await service.openPort('dm-1', 18789, 'k')).toMatchObject({
    form: 'ports',
    url: 'https://a.example',
    visibility: undefined,
  });
  expect(server.requests[0]?.headers['idempotency-key']).toBe('k');
});

it('a key whose port has closed since then opens another one, the same whenever it is repeated', async () => {
  const { server, service } = await serviceOnWire();
  const again = { json: { port_id: 'p2', status: 'ready', url: 'https://b.example' } };
  server.on('POST', `${MACHINE}/ports`, port('closed'), again, port('expired'), again);
  expect(await service.openPort('dm-1', 18789, 'k')).toMatchObject({ url: 'https://b.example' });
  expect(await service.openPort('dm-1', 18789, 'k')).toMatchObject({ url: 'https://b.example' });
  const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual(['k', 'k-p1', 'k', 'k-p1']);
});

it('asks for a private preview where the API knows no ports', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', `${MACHINE}/previews`, {
    json: { preview_id: 'v1', status: 'ready', url: 'https://v.example', visibility: 'private' },
  });
  expect(await service.openPort('dm-1', 18789, 'k')).toMatchObject({
    form: 'previews',
    visibility: 'private',
  });
  expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toEqual({
    port: 18789,
    protocol: 'http',
    visibility: 'private',
  });
});

it('says that it is not to be had where the API knows neither', async () => {
  const { service } = await serviceOnWire();
  expect(await failureOf(service.openPort('dm-1', 18789, 'k'))).toMatchObject({ code: 'unsupported' });
  expect(await failureOf(service.openSsh('dm-1', 'ssh-ed25519 A', 'k'))).toMatchObject({
    code: 'unsupported',
  });
});

it('reads an SSH session with its certificate and its authority', async () => {
  const { server, service } = await serviceOnWire();
  const pending = { session_id: 's1', status: 'wake_in_progress', retry_after_ms: 300 };
  const connection = {
    endpoint: 'ssh.example.com',
    port: 22,
    ssh_username: 'root',
    user_certificate: 'ssh-ed25519-cert-v01@openssh.com AAAA',
    host_trust: { kind: 'cert_authority', host_pattern: '*', public_key: 'ssh-ed25519 BBBB' },
  };
  server.on('POST', `${MACHINE}/ssh`, { json: pending });
  server.on('GET', `${MACHINE}/ssh/s1`, { json: { ...pending, status: 'ready', connection } });
  const session = await service.openSsh('dm-1', 'ssh-ed25519 AAAA me', 'k');
  expect(session.connection).toMatchObject({ username: 'root', hostTrust: { pattern: '*' } });
  expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ public_key: 'ssh-ed25519 AAAA me' });
});

it("a session that fails is told with the platform's own words apart", async () => {
  const { server, service } = await serviceOnWire();
  const failed = { session_id: 's1', status: 'failed', error_message: 'SSH_GUEST_CONNECT_FAILED' };
  server.on('POST', `${MACHINE}/ssh`, { json: failed });
  expect(await failureOf(service.openSsh('dm-1', 'k', 'k'))).toMatchObject({
    code: 'unavailable',
    foreign: 'SSH_GUEST_CONNECT_FAILED',
  });
});
