// npm runs `prepare` of a folder that it links into a front end. That package would lack its dependencies and its build, and
// bring a second React: a shop gets the tarballs.
import { basename, resolve } from 'node:path';

const manager = process.env.npm_config_user_agent?.split('/')[0] ?? '';
if (manager !== 'pnpm') {
  console.error(
    `gongu: the folder ${basename(process.cwd())} can't be installed as it is. Run \`npx -y pnpm@12 packages\` in ` +
      `${resolve('../..')}: it makes tarballs, and prints the line that installs them`,
  );
  process.exitCode = 1;
}
