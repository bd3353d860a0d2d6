/** The Dedalus Machines API as a function from Request to Response. What it leaves out: see README.md here. */
import { Hono } from 'hono';
import type { MachineLife } from '../machines/machine-life.ts';
import { type ExecutionRecord, isTerminal } from '../machines/model.ts';
import type { KeptOutput } from '../machines/store.ts';
import {
  convergence,
  executionDocument,
  listItem,
  machineDocument,
  machineWithStatus,
  outputDocument,
} from './documents.ts';
import {
  type AppContext,
  type AppEnv,
  type Call,
  Exchange,
  type Mutation,
  type Parts,
  parseBody,
  respondToError,
} from './exchange.ts';
import { faultsRequest, find, type Operation } from './faults.ts';
import { checkHost, checkKey } from './guard.ts';
import type { Answer } from './idempotency.ts';
import { events, pageOf } from './pages.ts';
import { portRoutes } from './port-routes.ts';
import { coded, invalid, problem } from './problems.ts';
import { parse, parseCreate, parseExecution, parseNothing, parsePage, parseUpdate } from './schemas.ts';

/** The whole API of one server. */
export function createApp(parts: Parts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    checkHost(c.req.raw);
    checkKey(c.req.raw, parts.apiKey);
    await next();
  });
  app.onError((error, c) => respondToError(error, c, parts.options.log));
  app.notFound((c) => respondToError(problem(404, 'not found'), c, parts.options.log));
  machineRoutes(app, parts);
  executionRoutes(app, parts);
  portRoutes(app, parts);
  localRoutes(app, parts);
  return app;
}

function machineRoutes(app: Hono<AppEnv>, parts: Parts): void {
  const { machines, runtimeName } = parts;
  const { generation } = parts.options;
  const exchange = new Exchange(parts);
  const here = ({ homeDir }: MachineLife) => ({ runtime: runtimeName, homeDir });
  const etag = (life: MachineLife): Record<string, string> =>
    generation === 3 ? {} : { etag: `"${life.record.revision}"` };
  const changed = (life: MachineLife): Answer => ({
    status: convergence(life.record),
    body: machineDocument(generation, life.record, here(life)),
    headers: etag(life),
  });
  /** The machine of a change; generation 1 wants to know which revision the caller has seen. */
  const target = ({ c, machineId }: Call): MachineLife => {
    const life = machines.get(machineId);
    if (generation === 1) checkRevision(c, life.record.revision);
    return life;
  };
  /** @param check what is asked of the body before anything is looked up. */
  const change = (
    operation: Operation,
    work: (life: MachineLife, call: Mutation) => void,
    check: (body: unknown) => void = () => {},
  ) =>
    exchange.mutation(operation, (call) => {
      check(call.body);
      const life = target(call);
      work(life, call);
      return changed(life);
    });

  app.get(
    '/v1/machines',
    exchange.plain('list', ({ c }) => {
      const items = machines.list().map((life) => listItem(generation, life.record, here(life)));
      return ok(pageOf(items, parsePage(c.req.query())));
    }),
  );
  app.post(
    '/v1/machines',
    exchange.mutation('create', ({ body, resourceId, actions }) =>
      changed(machines.create(resourceId, parseCreate(generation, body), actions)),
    ),
  );
  app.get(
    '/v1/machines/:machine_id',
    exchange.plain('get', ({ machineId }) => {
      const life = machines.get(machineId);
      return { ...ok(machineWithStatus(generation, life.record, here(life))), headers: etag(life) };
    }),
  );
  app.patch(
    '/v1/machines/:machine_id',
    change('update', (life, { body }) => machines.resize(life, parseUpdate(generation, body))),
  );
  app.delete(
    '/v1/machines/:machine_id',
    change('delete', (life) => machines.destroy(life)),
  );
  app.post(
    '/v1/machines/:machine_id/sleep',
    change('sleep', (life) => machines.sleep(life), parseNothing),
  );
  app.post(
    '/v1/machines/:machine_id/wake',
    change('wake', (life, { actions }) => machines.wake(life, actions), parseNothing),
  );
  if (generation !== 3) return;
  app.post(
    '/v1/machines/:machine_id/reboot',
    change('reboot', (life) => machines.reboot(life), parseNothing),
  );
}

function executionRoutes(app: Hono<AppEnv>, parts: Parts): void {
  const { machines } = parts;
  const { generation } = parts.options;
  const exchange = new Exchange(parts);
  const base = '/v1/machines/:machine_id/executions';
  const locate = ({ machineId, executionId }: Call): { record: ExecutionRecord; life: MachineLife } => {
    const life = machines.get(machineId);
    const record = life.executions.get(executionId);
    if (!record) throw problem(404, 'execution not found');
    return { record, life };
  };
  const shown = (record: ExecutionRecord): Answer => ok(executionDocument(generation, record));

  app.post(
    base,
    exchange.mutation('execution_create', ({ machineId, body, resourceId, actions }) => {
      const life = machines.get(machineId);
      const request = parseExecution(body);
      return shown(life.executions.get(resourceId) ?? life.execute(resourceId, request, actions));
    }),
  );
  app.get(
    base,
    exchange.plain('execution_list', ({ c, machineId }) => {
      const items = machines.get(machineId).executions.list();
      return ok(
        pageOf(
          items.map((record) => executionDocument(generation, record)),
          parsePage(c.req.query()),
        ),
      );
    }),
  );
  app.get(
    `${base}/:execution_id`,
    exchange.plain('execution_get', (call) => shown(locate(call).record)),
  );
  app.delete(
    `${base}/:execution_id`,
    exchange.plain('execution_cancel', (call) => {
      const { record, life } = locate(call);
      return shown(life.executions.cancel(record.executionId) ?? record);
    }),
  );
  app.get(
    `${base}/:execution_id/output`,
    exchange.plain('execution_output', (call) => {
      const { record, life } = locate(call);
      return ok(output(call, record, life.executions.output(record)));
    }),
  );
  app.get(
    `${base}/:execution_id/events`,
    exchange.plain('execution_events', (call) => {
      const { record, life } = locate(call);
      const list = events(record, life.executions.output(record));
      return ok(pageOf(list, parsePage(call.c.req.query()), !isTerminal(record.status)));
    }),
  );
}

/** Not part of the service: scripting failures, and counting what was asked. */
function localRoutes(
  app: Hono<AppEnv>,
  { faults, stats, options, runtimeName, machines, bodies }: Parts,
): void {
  app.get('/_local/faults', (c) => c.json(faults.document()));
  app.put('/_local/faults', async (c) => {
    faults.set(
      parse(faultsRequest, parseBody(c.req.header('content-type'), await bodies.text(c.req.raw)), 'body'),
    );
    return c.json(faults.document());
  });
  app.get('/_local/stats', (c) =>
    c.json({
      generation: options.generation,
      runtime: runtimeName,
      machines: machines.list().length,
      ...stats.document(),
    }),
  );
}

function ok(body: Answer['body']): Answer {
  return { status: 200, body, headers: {} };
}

function output(call: Call, record: ExecutionRecord, kept: KeptOutput | undefined): Answer['body'] {
  const cut = find(call.actions, 'truncate_output');
  const text = (bytes: Buffer | undefined) =>
    (bytes ?? Buffer.alloc(0)).subarray(0, cut?.bytes).toString('utf8');
  const body = outputDocument(record, text(kept?.stdout), text(kept?.stderr));
  if (!cut || !kept) return body;
  return {
    ...body,
    stdout_truncated: kept.stdout.length > cut.bytes,
    stderr_truncated: kept.stderr.length > cut.bytes,
  };
}

function checkRevision(c: AppContext, revision: number): void {
  const given = c.req.header('if-match');
  if (given === undefined) {
    throw invalid({ location: 'header.If-Match', message: 'required header parameter is missing' });
  }
  const provided = given.replace(/^"(.*)"$/, '$1');
  if (provided === String(revision)) return;
  throw coded(409, 'REVISION_MISMATCH', 'machine revision does not match If-Match', {
    retryable: true,
    details: { expected_revision: String(revision), provided_revision: provided },
  });
}
