import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLifecycle, createTerminal, type Lifecycle } from '@gongu/sim/supervise';
import { inRepository, type TestDatabase, testDatabase } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driveClient } from '../matrix/clients/drive.ts';
import { installedClients } from '../matrix/clients/javascript.ts';
import { CLIENTS, SURROUNDINGS } from '../matrix/matrix.ts';
import { replaceTable, table } from '../matrix/report.ts';
import { type Shop, startShop } from '../matrix/shop.ts';
import { CHECKS, runSmoke } from '../matrix/smoke/smoke.ts';

/** A check of each kind; `pnpm matrix` tries all. */
const SOME = [
  'has its room',
  'makes a buyer',
  'is acknowledged',
  'comes back to all',
  'xhr-streaming',
  'Last-Event-ID',
  'graceful',
];
const QUICK = ['gongu.v1 over WebSocket', 'STOMP over WebSocket', 'event stream'];

let database: TestDatabase;
let lifecycle: Lifecycle;
let shop: Shop;
const dir = mkdtempSync(join(tmpdir(), 'gongu-matrix-'));

beforeAll(async () => {
  database = await testDatabase();
  lifecycle = createLifecycle({ terminal: createTerminal(process.stdout, process.stderr) });
  shop = await startShop({ surroundings: { databaseUrl: database.url }, lifecycle });
});
afterAll(async () => {
  await lifecycle?.stop();
  await database?.drop();
  rmSync(dir, { recursive: true, force: true });
});

describe('pnpm matrix, of what is here anyway', () => {
  it.concurrent.each(installedClients(dir).filter(({ speaks }) => QUICK.includes(speaks)))(
    '$name $version, $speaks, is cut off and comes back to all',
    async (client) => {
      await driveClient(client.command, shop.stage);
    },
  );
});

describe('the smoke', () => {
  it('holds on this Node with the embedded PostgreSQL, and leaves nobody dead', async () => {
    const checks = CHECKS.filter(({ name }) => SOME.some((word) => name.includes(word)));
    const { held, failed } = await runSmoke(shop.scene, lifecycle.stopping, () => {}, checks);
    expect(failed).toEqual([]);
    expect(held).toBe(SOME.length);
    expect(shop.died).toEqual([]);
  });

  it('is told apart by the names of its checks, of which there are more than 28', () => {
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
    expect(CHECKS.length).toBeGreaterThan(28);
  });
});

describe('the tables of docs/compatibility.md', () => {
  const held = { name: 'Bun', detail: 'Bun 1.4.5', outcome: 'held', text: '48 of 48' } as const;
  const text = `A.\n\n<!-- pnpm matrix: surroundings -->\n\n${table('surroundings', [held])}\n\nB.\n`;

  it('take a row that was tried again, keep the others, and leave the text around them', () => {
    const rows = [
      { ...held, outcome: 'failed', text: '47 of 48; a | b' } as const,
      { ...held, name: 'Deno', detail: 'Deno 2.9.6' },
    ];
    expect(replaceTable(text, 'surroundings', rows)).toBe(
      `A.\n\n<!-- pnpm matrix: surroundings -->\n\n${table('surroundings', rows)}\n\nB.\n`,
    );
  });

  it('keep what was seen elsewhere where a row was skipped here', () => {
    const skipped = { ...held, detail: '', outcome: 'skipped', text: 'not tried' } as const;
    expect(replaceTable(text, 'surroundings', [skipped])).toBe(text);
  });

  it('are in the document, and name nothing that is not tried', () => {
    const document = readFileSync(inRepository('docs/compatibility.md'), 'utf8');
    const known = new Set([
      ...SURROUNDINGS.map(({ name }) => name),
      ...CLIENTS.map(({ name, version }) => `${name} ${version}`),
    ]);
    const rows = ['surroundings', 'clients'].flatMap((name) => {
      const from = document.split(`<!-- pnpm matrix: ${name} -->\n\n`)[1]!.split('\n\n')[0]!;
      return from.trimEnd().split('\n').slice(2);
    });
    expect(rows.map((row) => row.split(' | ')[0]!.slice(2)).filter((name) => !known.has(name))).toEqual([]);
  });
});
