/** Images that go with a message: whether its model would see them, and how they get into the gateway's request. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { at, isPatch, type Patch } from '../../core/patch.ts';
import { transferDir } from '../files/pieces.ts';
import { callGateway } from '../gateway/ask.ts';
import { type Place, settingsFile } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { namesIn } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { readObject } from '../state/object-file.ts';

type Takes = ReplyOf<'takes_images'>['takes'];

const kinds = z.catch(z.optional(z.array(z.string())), undefined);
const listed = z.object({
  models: z.array(z.object({ id: z.string(), provider: z.string(), input: kinds })),
});

/**
 * OpenClaw drops images without a word where it holds a model to read text alone: the settings say so of models that are
 * described there, else its own catalogue does, which costs a start of its command line.
 */
export async function takesImages(
  place: Place,
  { agent, model }: RequestOf<'takes_images'>,
): Promise<ReplyOf<'takes_images'>> {
  const settings = readObject(settingsFile(place));
  const value = 'value' in settings ? settings.value : {};
  const [, provider, id] = /^([^/]+)\/(.+)$/.exec(model ?? modelOf(value, agent) ?? '') ?? [];
  if (provider === undefined || id === undefined) return { takes: 'unknown' };
  const described = at(value, 'models', 'providers', provider, 'models');
  const own = Array.isArray(described) ? described.find((one) => at(one, 'id') === id) : undefined;
  const known = takenBy(kinds.parse(at(own, 'input')));
  return { takes: known === 'unknown' ? await byCatalogue(place, provider, id) : known };
}

/** Not asked of the session: a model that was chosen inside of it is seldom another one. */
function modelOf(settings: Patch, agent: string): string | undefined {
  const { list, entries } = patchAt(settings, 'agents');
  // A list of agents that name themselves, or since 2026.9 entries under their names.
  const one = isPatch(entries)
    ? entries[agent]
    : Array.isArray(list) && list.find((each) => at(each, 'id') === agent);
  const said = [at(one, 'model'), at(settings, 'agents', 'defaults', 'model')];
  return said
    .map((model) => (isPatch(model) ? model.primary : model))
    .find((model) => typeof model === 'string');
}

const patchAt = (value: Patch, name: string): Patch => {
  const below = value[name];
  return isPatch(below) ? below : {};
};

async function byCatalogue(place: Place, provider: string, id: string): Promise<Takes> {
  const told = listed.safeParse(
    await callGateway(place, 'models.list', { provider, view: 'all', includeDetails: true }),
  );
  const found = told.data?.models.find((one) => one.provider === provider && one.id === id);
  return takenBy(found?.input);
}

function takenBy(input: readonly string[] | undefined): Takes {
  if (input === undefined) return 'unknown';
  return input.includes('image') ? 'yes' : 'no';
}

/** What a body with a list of parts ends with, as the server writes it. */
const END = ']}]}';

/**
 * The gateway's request with the images behind the message's text.
 * @throws SidecarError `images_gone` where one does not lie here, whole; then nothing was sent.
 */
export function bodyWith(place: Place, { body, images = [] }: RequestOf<'turn_start'>): string {
  if (images.length === 0) return body;
  if (!body.endsWith(END)) throw new SidecarError('bad_request');
  const parts = images.map((image) => {
    const url = `data:${image.type};base64,${carried(place, image).toString('base64')}`;
    return `,{"type":"image_url","image_url":{"url":"${url}"}}`;
  });
  return `${body.slice(0, -END.length)}${parts.join('')}${END}`;
}

type Image = NonNullable<RequestOf<'turn_start'>['images']>[number];

function carried(place: Place, { job, pieces, sha256 }: Image): Buffer {
  const folder = transferDir(place, job);
  try {
    const all = Array.from({ length: pieces }, (_, index) => readFileSync(join(folder, `piece.${index}`)));
    const bytes = Buffer.concat(all);
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  } catch {
    // Taken away, by the tidying of what is a day old or by somebody.
  }
  throw new SidecarError('images_gone');
}

/** Those of a turn that has ended: whoever brought them may be gone. An attempt at a turn is called after its first one. */
export function dropImages(place: Place, turn: string): void {
  const all = transferDir(place, '');
  for (const name of namesIn(all)) {
    const [, of] = /^(.+)-a\d$/.exec(name) ?? [];
    if (of === turn || (of !== undefined && turn.startsWith(`${of}-`)))
      rmSync(join(all, name), { recursive: true, force: true });
  }
}
