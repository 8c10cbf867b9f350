import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Address,
  AnnounceUpload,
  AnonymousTokenAnswer,
  AnonymousTokenRequest,
  Attachment,
  AttachmentLink,
  AuditEntry,
  BlockUser,
  Buyer,
  CancelProduct,
  ChangeParticipation,
  CommitParticipant,
  CommitParticipants,
  Consistency,
  CreateParticipation,
  CreateProduct,
  CreateWebhook,
  commandSchemas,
  EditProduct,
  Erasure,
  editBody,
  LIMITS,
  listOf,
  MarkRead,
  Message,
  MessagePage,
  OpenRoom,
  OutboxStatus,
  OwnAddress,
  Participant,
  Participation,
  PatchRoom,
  Picture,
  Problem,
  Product,
  ProductChange,
  ProductFacets,
  Purchase,
  PushPayload,
  PushSubscriptions,
  PutPush,
  ReportPayment,
  RestrictUser,
  Room,
  SystemEvent,
  sendBody,
  serverFrames,
  TicketAnswer,
  Upload,
  UserBar,
  UserClaims,
  WaitingPlace,
} from '@gongu/shared';
import { differencesFrom, markdownFiles, readMarkdown } from '@gongu/testkit';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const commands = commandSchemas(LIMITS.contentChars);

/** What the word after ```` ```json ```` stands for. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Erasure,
  Address,
  OwnAddress,
  AnnounceUpload,
  AnonymousTokenAnswer,
  AnonymousTokenRequest,
  Attachment,
  AttachmentLink,
  Upload,
  AuditEntry: AuditEntry,
  BlockUser,
  Buyer: Buyer,
  BuyerList: listOf(Buyer),
  CancelProduct,
  CommitParticipant,
  CommitParticipants,
  Consistency,
  ChangeParticipation,
  CreateParticipation,
  CreateProduct,
  CreateWebhook,
  EditMessage: editBody(LIMITS.contentChars),
  EditProduct,
  MarkRead,
  Message: Message,
  MessagePage,
  OpenRoom,
  OutboxStatus,
  Participant: Participant,
  Participation: Participation,
  PatchRoom,
  Problem: Problem,
  Product: Product,
  ProductChange: ProductChange,
  Picture,
  ProductFacets,
  Purchase: Purchase,
  PushPayload: PushPayload,
  PushSubscriptions: PushSubscriptions,
  PutPush: PutPush,
  ReportPayment,
  RestrictUser,
  Room: Room,
  SendMessage: sendBody(LIMITS.contentChars),
  ServiceClaims: z.strictObject({ sub: z.literal('trade'), aud: z.literal('chat'), iat: z.int(), exp: z.int() }),
  SystemEvent,
  TicketAnswer,
  UserBar,
  UserClaims,
  WaitingPlace,
};

const examples = markdownFiles().flatMap((file) =>
  readMarkdown(file)
    .blocks.filter(({ language }) => language === 'json')
    .map((block) => ({ ...block, file, at: `${file}:${block.line}` })),
);

function schemaOf({ info, at }: { info: string; at: string }, value: unknown): z.ZodType {
  const type = String((value as { type?: unknown }).type);
  if (info === 'client' && Object.hasOwn(commands, type)) return commands[type as keyof typeof commands];
  if (info === 'server' && Object.hasOwn(serverFrames, type)) {
    return serverFrames[type as keyof typeof serverFrames];
  }
  const schema = SCHEMAS[info];
  if (!schema) throw new Error(`${at}: "${info}" with type ${type} names no schema`);
  return schema;
}

test.each(examples)('the JSON example at $at is what the schemas say', (example) => {
  const value: unknown = JSON.parse(example.text);
  expect(differencesFrom(schemaOf(example, value), value)).toEqual([]);
});

test.each(examples.flatMap(({ at, text }) => systemEventsIn(JSON.parse(text)).map((data) => ({ at, data }))))(
  'the data of a SYSTEM message at $at is what the service writes',
  ({ data }) => {
    expect(differencesFrom(SystemEvent, data)).toEqual([]);
  },
);

const scripts = markdownFiles().flatMap((file) =>
  readMarkdown(file)
    .blocks.filter(({ language }) => language === 'js')
    .map((block) => ({ text: block.text, at: `${file}:${block.line}` })),
);

test.each(scripts)('the JavaScript example at $at is JavaScript', ({ text }) => {
  const folder = mkdtempSync(join(tmpdir(), 'gongu-docs-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('docs/protocol.md', () => {
  const typesOf = (side: string) =>
    examples
      .filter(({ file, info }) => file === 'docs/protocol.md' && info === side)
      .map(({ text }) => (JSON.parse(text) as { type: string }).type);

  test('has an example of every frame that a client may send', () => {
    expect(new Set(typesOf('client'))).toEqual(new Set(Object.keys(commands)));
  });

  test('has an example of every frame that the server may send', () => {
    expect(new Set(typesOf('server'))).toEqual(new Set(Object.keys(serverFrames)));
  });
});

function systemEventsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = (value as { kind?: unknown }).kind === 'SYSTEM' ? [(value as { data?: unknown }).data] : [];
  return [...own, ...Object.values(value).flatMap(systemEventsIn)];
}
