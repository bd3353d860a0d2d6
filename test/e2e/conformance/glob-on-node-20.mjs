/** Lets the conformance suite load on Node 20: it imports `globSync`, which came with Node 22, and calls it for no server. */
import { register } from 'node:module';

const shim = `export * from 'node:fs'; export { default } from 'node:fs';
export function globSync() { throw new Error('globSync needs Node 22'); }`;
const hook = `export function resolve(specifier, context, next) {
  return specifier === 'fs' && context.parentURL.includes('/conformance/')
    ? { url: 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(shim)}), shortCircuit: true }
    : next(specifier, context);
}`;
if (Number(process.versions.node.split('.')[0]) < 22)
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
