import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STOMP_VERSIONS, type StompFrame, stompBytes } from '../../../src/protocol/stomp/frame.ts';
import { type StompInput, StompParser } from '../../../src/protocol/stomp/parser.ts';

const LIMITS = { headers: 10, headerBytes: 512, bodyBytes: 512, frameBytes: 900 };

/** `bytes` cut at random places; some pieces as text where that says the same. */
const pieces = (bytes: Uint8Array) =>
  fc.array(fc.nat(bytes.length), { maxLength: 12 }).map((cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
    return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
  });

function read(parser: StompParser, chunks: readonly (string | Uint8Array)[]): StompInput[] {
  const found: StompInput[] = [];
  for (const chunk of chunks) found.push(...parser.read(chunk));
  return found;
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const frames = (unsayable: RegExp) => {
  const text = (each: string) => each.replace(unsayable, '');
  return fc.array(
    fc.record({
      command: fc.constantFrom('SEND', 'MESSAGE', 'ERROR'),
      headers: fc.array(
        fc.tuple(
          name.map(text).filter((each) => each !== '' && each !== 'content-length'),
          fc.string({ unit: 'binary', maxLength: 12 }).map(text),
        ),
        { maxLength: 5 },
      ),
      body: fc.uint8Array({ maxLength: 60 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
};
/** What each version has no way to say: a test of what comes back must not ask for it. */
const UNSAYABLE = { '1.0': /[\0\r\n:\ud800-\udfff]/g, '1.1': /[\0\r\ud800-\udfff]/g, '1.2': /[\0\ud800-\udfff]/g };

test.each(STOMP_VERSIONS)('what is written in %s is read back, however it is cut', (version) => {
  fc.assert(
    fc.property(
      frames(UNSAYABLE[version]).chain((list) => {
        const bytes = Buffer.concat(
          list.map(({ command, headers, body }) => stompBytes(command, headers, body, version)),
        );
        return fc.tuple(fc.constant(list), pieces(bytes));
      }),
      ([list, chunks]) => {
        const parser = new StompParser({ ...LIMITS, headerBytes: 10_000, frameBytes: 20_000 });
        parser.version = version;
        const found = read(parser, chunks).map((input) => (input as { frame: StompFrame }).frame);
        expect(found).toHaveLength(list.length);
        list.forEach((frame, i) => {
          const first = new Map<string, string>();
          for (const [key, value] of frame.headers) if (!first.has(key)) first.set(key, value);
          if (frame.body.length > 0) first.set('content-length', String(frame.body.length));
          expect(found[i]!.command).toBe(frame.command);
          expect([...found[i]!.headers].sort()).toEqual([...first].sort());
          expect([...found[i]!.body]).toEqual([...frame.body]);
        });
        expect(parser.pendingBytes).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});

/** Garbage that comes close to frames, so that it gets past the first byte. */
const garbage = fc.array(
  fc.oneof(
    fc.constantFrom(
      'SEND',
      'CONNECT',
      'MESSAGE',
      '\n',
      '\r\n',
      '\0',
      ':',
      'content-length:',
      '5',
      '\\',
      '\\c',
      'a',
      '안',
      '\ud83c',
      ' ',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
  ),
  { maxLength: 60 },
);

test('no garbage makes the parser throw, keep more than its ceiling, or go on after an error', () => {
  fc.assert(
    fc.property(garbage, fc.constantFrom(null, ...STOMP_VERSIONS), (chunks, version) => {
      const parser = new StompParser(LIMITS);
      parser.version = version;
      let broken = 0;
      for (const chunk of chunks) {
        for (const input of parser.read(chunk)) {
          expect(broken).toBe(0);
          if (input.kind === 'broken') broken++;
          if (input.kind === 'frame') {
            expect(input.frame.headers.size).toBeLessThanOrEqual(LIMITS.headers);
            expect(input.frame.body.length).toBeLessThanOrEqual(LIMITS.bodyBytes);
          }
        }
        expect(parser.pendingBytes).toBeLessThanOrEqual(LIMITS.frameBytes);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('the same bytes give the same frames and the same error, however they are cut', () => {
  const stream = garbage.map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  fc.assert(
    fc.property(
      stream.chain((bytes) => fc.tuple(fc.constant(bytes), pieces(bytes))),
      fc.constantFrom(null, ...STOMP_VERSIONS),
      ([bytes, chunks], version) => {
        const results = [[bytes], chunks].map((way) => {
          const parser = new StompParser(LIMITS);
          parser.version = version;
          return read(parser, way)
            .filter((input) => input.kind !== 'heartbeat')
            .map((input) =>
              input.kind === 'frame'
                ? [input.frame.command, [...input.frame.headers], [...input.frame.body]]
                : [input.kind],
            );
        });
        expect(results[1]).toEqual(results[0]);
      },
    ),
    { numRuns: 2_000 },
  );
});
