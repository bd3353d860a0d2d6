/** An authenticated HTTP request to the gateway, made from inside its machine. */
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import { largeInput, machineScript } from '../openclaw/machine-script.ts';
import { runScript, type ScriptOutput } from '../openclaw/script-output.ts';
import type { GatewayAnswer, GatewayRequest } from './ports.ts';
import { explainConnection } from './turn-errors.ts';

/** Reads take 6 to 300 ms; a first call right after the start some seconds. */
const DEFAULT_TIMEOUT_S = 20;
const SCRIPT_SLACK_MS = 20_000;

/** @throws AppError `unavailable` when the gateway does not answer; else as MachineService.run. */
export async function gatewayRequest(
  machines: Pick<MachineService, 'run'>,
  machineId: string,
  request: GatewayRequest,
  options: WaitOptions = {},
): Promise<GatewayAnswer> {
  if (!/^\/[\x21-\x7e]*$/.test(request.path)) {
    throw new AppError('internal', 'A path for the gateway was not URL-encoded');
  }
  const seconds = request.timeoutSeconds ?? DEFAULT_TIMEOUT_S;
  const env = {
    OPENCLAW_MCP_METHOD: request.method,
    OPENCLAW_MCP_PATH: request.path,
    OPENCLAW_MCP_MAX_S: String(seconds),
    ...(request.json === undefined ? {} : largeInput('OPENCLAW_MCP_BODY', JSON.stringify(request.json))),
  };
  const script = machineScript('gateway-request', env, {
    timeoutMs: seconds * 1000 + SCRIPT_SLACK_MS,
    rerunnable: request.rerunnable ?? request.method === 'GET',
  });
  return answerOf(await runScript(machines, machineId, script, options));
}

/** Reads what `gateway_request_main` printed. @throws AppError `unavailable` when there was no answer. */
export function answerOf({ values, blobs }: ScriptOutput): GatewayAnswer {
  const status = Number(values.http);
  if (!(status > 0)) throw explainConnection(Number(values.curl_exit), blobs.curl_error ?? '');
  return { status, body: blobs.body ?? '', truncated: values.truncated === '1' };
}
