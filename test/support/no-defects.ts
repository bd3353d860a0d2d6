/** Holds every test to it that no result and no log tells of a defect of the server; whoever plants one takes it back. */
const TOLD = /A defect in this server/;
const seen: string[] = [];

/** Looks at what a server sent or logged; the test that runs, or else its file, fails if it tells of a defect. */
export function watch<T>(said: T): T {
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  if (text !== undefined && TOLD.test(text)) seen.push(text);
  return said;
}

/** What was told of defects so far, for the test that has planted one: it is forgiven. */
export function plantedDefects(): string[] {
  return seen.splice(0);
}
