// `pnpm start`, `pnpm dev`, `pnpm reset`, `pnpm psql`, `pnpm repl`, `pnpm user-token`, `pnpm demo`, `pnpm loadtest`, `pnpm chaos`, `pnpm generators`, `pnpm matrix`, `pnpm lighthouse`, `pnpm frontends`,
// `pnpm migration`, `pnpm chat`, `pnpm trade`, `pnpm admin`: builds what changed, then runs it in this very process, so that a signal meant for it needs nobody to
// pass it on.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`gongu: Node ${process.versions.node} is too old: 20.19 or later is needed`);
  process.exit(1);
}

process.setSourceMapsEnabled(true);
const [, , what] = process.argv;
const dev = what === 'dev';
const service = ['chat', 'trade', 'admin'].includes(what);
const command = service ? 'service' : dev ? 'start' : what;
// Of a clean clone's start the longest wait, so it goes first; the services' build awaits it, and says what is wrong.
if (command === 'start') import('./generate.mjs').catch(() => {});
try {
  const { build } = await import('./build.mjs');
  // `start` brings up its database meanwhile, and builds the rest itself.
  const rest = command !== 'start';
  await build({
    web: ['screenshots', 'lighthouse'].includes(what),
    services: rest,
    commands: [command],
    // What is measured is chat as it ships.
    npm: what === 'bench' ? 'inside' : 'either',
  });
} catch (error) {
  const missing = error.code === 'ERR_MODULE_NOT_FOUND';
  console.error(`gongu: ${missing ? 'install first: npx -y pnpm@12 install' : `could not build: ${error.message}`}`);
  process.exit(1);
}
if (!service) process.argv.splice(2, 1); // the bundle's own arguments follow
if (dev) process.argv.push('--dev');
await import(`../dist/${command}.mjs`);
