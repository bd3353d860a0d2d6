/** Fields that the results of several kinds of operation share, each with one meaning, in words that no stranger chose. */
import * as z from 'zod';
import { oneWord, toldVersion } from '../core/text.ts';
import { PROVIDERS } from '../openclaw/catalog/providers.ts';

/** What a machine says of itself stands in our sentences only as a plain word. */
const word = z.string().overwrite(oneWord);
/** A release without words of anybody's. */
const release = z.string().overwrite((text) => toldVersion(text) ?? '(unreadable)');

export const machineResult = z.object({ machine_id: word });
export const phaseResult = machineResult.extend({ phase: word });
/** A phase, and what an API calls the way there. */
export const phaseChangeResult = phaseResult.extend({ how: z.string() });
export const versionResult = machineResult.extend({ openclaw_version: release });
export const nodeResult = versionResult.extend({ node_version: release });
/** `provider/model`; a machine's settings may name any. */
export const modelName = word;

/** `OpenClaw 2026.9.6`, as a detail of what was done. */
export function openclawDetail(version: string | undefined): string | undefined {
  return version && `OpenClaw ${version}`;
}

export function nodeDetail(version: string | undefined): string | undefined {
  return version && `Node ${version}`;
}

/** A machine's settings may name any model; in a sentence stands one of those that this server sets up by itself. */
export function modelDetail(model: string | undefined): string | undefined {
  const ours = PROVIDERS.some(({ id, defaultModel }) => model === `${id}/${defaultModel}`);
  return ours ? `model ${model}` : undefined;
}

export function phaseDetail(phase: string | undefined): string | undefined {
  return phase && `phase ${phase}`;
}

/** What most work ends in: an assistant that answers. */
export function chatNext({ machine_id = '' }: { machine_id?: string | undefined }): string {
  return `Call chat with machine_id "${machine_id}".`;
}

export const NOTHING_NEXT = 'Nothing more to do.';
