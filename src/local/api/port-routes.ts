/** Ways into a machine over HTTP: `ports` in generation 3, `previews` in those before it. */
import type { Hono } from 'hono';
import type { PortRecord } from '../machines/model.ts';
import { closedDocument, idField, portDocument } from './documents.ts';
import { type AppEnv, type Call, Exchange, type Parts } from './exchange.ts';
import type { Answer } from './idempotency.ts';
import { pageOf } from './pages.ts';
import { problem } from './problems.ts';
import { parsePage, parsePort } from './schemas.ts';

export function portRoutes(app: Hono<AppEnv>, parts: Parts): void {
  const { machines } = parts;
  const { generation } = parts.options;
  const exchange = new Exchange(parts);
  const base = `/v1/machines/:machine_id/${generation === 3 ? 'ports' : 'previews'}`;
  const shown = (record: PortRecord | undefined): Answer => {
    if (!record) throw problem(404, 'port not found');
    return { status: 200, body: portDocument(generation, record), headers: {} };
  };
  const portId = ({ c }: Call): string => c.req.param('port_id') ?? '';
  // A port ends with the server and with every sleep of its machine; an address that was told outlives both.
  const again = ({ machineId }: Call, { body, ...answer }: Answer): Answer => {
    const record = machines.get(machineId).ports.get(String(body[idField(generation)]));
    return record ? shown(record) : { ...answer, body: closedDocument(body) };
  };

  app.post(
    base,
    exchange.mutation(
      'port_create',
      async ({ machineId, body, resourceId, actions }) => {
        const life = machines.get(machineId);
        return shown(await machines.openPort(life, resourceId, parsePort(generation, body), actions));
      },
      again,
    ),
  );
  app.get(
    base,
    exchange.plain('port_list', ({ c, machineId }) => {
      const items = machines.get(machineId).ports.list();
      const documents = items.map((record) => portDocument(generation, record));
      return { status: 200, body: pageOf(documents, parsePage(c.req.query())), headers: {} };
    }),
  );
  app.get(
    `${base}/:port_id`,
    exchange.plain('port_get', (call) => shown(machines.get(call.machineId).ports.get(portId(call)))),
  );
  app.delete(
    `${base}/:port_id`,
    exchange.plain('port_close', (call) => shown(machines.get(call.machineId).ports.close(portId(call)))),
  );
}
