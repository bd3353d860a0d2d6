/** Machine scripts are bundled as text: esbuild's text loader, and a small plugin under vitest. */
declare module '*.sh' {
  const text: string;
  export default text;
}
