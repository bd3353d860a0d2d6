/** The one file of npm-registry-fetch that is used; the package ships no types. */
declare module 'npm-registry-fetch/lib/default-opts.js' {
  const defaults: { registry: string };
  export default defaults;
}
