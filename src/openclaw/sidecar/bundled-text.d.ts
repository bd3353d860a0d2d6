/** What is bundled as text: the bootstrap and, packed, the machine's own program (see `sidecar-bundle.mjs`). */
declare module '*.sh' {
  const text: string;
  export default text;
}

declare module 'virtual:limit-plugin' {
  const text: string;
  export default text;
}

declare module 'virtual:sidecar' {
  const text: string;
  export default text;
}
