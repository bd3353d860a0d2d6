/** JSON objects that are merged into each other: settings, secrets, and changes of them. */

/** A merge patch: null removes. */
export type Patch = { [name: string]: unknown };

export function isPatch(value: unknown): value is Patch {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `patch` merged into `base` as one patch; where both say something, `patch` wins. */
export function mergedPatch(base: Patch, patch: Patch): Patch {
  const merged: Patch = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    const before = merged[name];
    merged[name] = isPatch(before) && isPatch(value) ? mergedPatch(before, value) : value;
  }
  return merged;
}

/** What `value` becomes under `patch`: objects merge, null removes, all else replaces. */
export function patched(value: unknown, patch: Patch): Patch {
  const after: Patch = isPatch(value) ? { ...value } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete after[name];
    else after[name] = isPatch(change) ? patched(after[name], change) : change;
  }
  return after;
}

/** `value` with what it lacks of `defaults`; nothing that is there changes. */
export function filled(value: Patch, defaults: Patch): Patch {
  const after: Patch = { ...value };
  for (const [name, wanted] of Object.entries(defaults)) {
    const present = after[name];
    if (present === undefined) after[name] = wanted;
    else if (isPatch(present) && isPatch(wanted)) after[name] = filled(present, wanted);
  }
  return after;
}

/** What lies at `path`; undefined where the way ends. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((below: unknown, name) => (isPatch(below) ? below[name] : undefined), value);
}

/** A JSON value with `change` applied to every text in it, but not to the names of fields. */
export function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  if (!isPatch(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withTexts(inner, change)]));
}
