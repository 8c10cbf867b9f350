/** A script as text: `?raw` is what Vite understands, `with { type: 'text' }` what esbuild does. */
declare module '*.lua?raw' {
  const script: string;
  export default script;
}
