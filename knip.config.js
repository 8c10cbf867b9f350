// What `pnpm unused` takes for used: what is started by its name. What a package.json offers it finds itself.
import { BUNDLES } from './scripts/build.mjs';

const sources = ['{src,test}/**/*.{ts,tsx}'];
const tests = 'test/**/*.test.{ts,tsx}';
/** Pages that the package's own tests build. */
const pages = { entry: [tests, 'test/page/*.{ts,tsx}'], project: sources };

export default {
  // Which package may use which other is the matter of `pnpm imports`.
  include: ['files', 'exports', 'types', 'enumMembers', 'duplicates'],
  // A type may be exported only to have a name in an editor.
  ignoreExportsUsedInFile: { interface: true, type: true },
  prisma: false, // its schemas are no sources of ours
  workspaces: {
    '.': {
      entry: [
        ...BUNDLES.map(({ entry }) => entry).filter((entry) => !entry.startsWith('services/')),
        ...[
          'scripts/*.mjs',
          'bench/peers/*.mjs',
          'examples/*.mjs',
          'tools/matrix/clients/js/*.mjs',
          '{scripts,tools,bench}/test/**/*.test.ts',
        ],
      ],
      project: ['{scripts,tools,bench,examples}/**/*.{ts,mjs}', '!examples/react-vite/**'],
    },
    'packages/*': { entry: [tests], project: sources },
    'packages/client': pages,
    'packages/react': pages,
    'packages/host': { entry: [tests, 'test/fixture/*-runner.ts'], project: sources },
    'services/*': { entry: ['src/main.ts', tests], project: [...sources, '!src/generated/**'] },
    'services/chat': {
      entry: ['src/main.ts', 'src/admin/main.ts', 'src/files/worker.ts', tests],
      project: [...sources, '!src/generated/**'],
    },
    'services/trade': {
      entry: ['src/main.ts', 'src/admin/main.ts', tests],
      project: [...sources, '!src/generated/**'],
    },
    'apps/web': { entry: [tests], project: ['{src,server,test}/**/*.{ts,tsx}'] },
    e2e: { entry: ['**/*.test.ts'], project: ['**/*.ts'] },
  },
};
