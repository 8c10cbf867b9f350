import { CLOSE, type CommandSchemas, type ErrorCode, type EventOf, errorEvent } from '@gongu/shared';
import type { ChatEvent, JoinedEvent } from '../../room/event.ts';
import type { Codec, Heartbeat, Rendered, Step } from '../codec.ts';
import { cutRecovery } from '../cut.ts';
import { createAnswers } from './answers.ts';
import { connectToken, type HeartbeatOffer, negotiateHeartbeat, negotiateVersion } from './connect.ts';
import type { Destinations } from './destination.ts';
import { STOMP_VERSIONS, type StompFrame } from './frame.ts';
import { createJoins } from './joins.ts';
import { asked, done, malformed, type Outcome, refused } from './outcome.ts';
import { type StompFrameLimits, type StompInput, StompParser } from './parser.ts';
import { closeOf, connectedFrame, createStompRender, errorFrame } from './render.ts';
import { sendCommand } from './send.ts';
import { createSubscribe } from './subscribe.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface StompCodecOptions {
  readonly destinations: Destinations;
  readonly frame: StompFrameLimits;
  readonly schemas: CommandSchemas;
  /** Most subscriptions of one client. */
  readonly subscriptions: number;
  /** Most frames of one client that wait for their answer. */
  readonly pending: number;
  readonly lobbyRoomId: string | null;
  readonly heartbeat: HeartbeatOffer;
  readonly server: string;
  readonly newId: () => string;
}

/** Texts that may wait for CONNECTED, which comes first. */
const HELD_MAX = 100;
/** Milliseconds without a byte after which the NUL that alone is missing is not waited for any more. */
const NUL_MS = 3_000;
/** The same where more of the body may be on its way: the network may stand still. */
const BODY_MS = 15_000;
/** Also as the reason of the close: who lost the NUL of what he sent reads none in what he gets, so no ERROR either. */
const UNENDED = 'A frame came without NUL: forceBinaryWSFrames, appendMissingNULLonIncoming';
const NOTHING: Rendered = { texts: [] };
/** Errors that end the connection, whatever the client listens on. */
const FATAL: ReadonlySet<ErrorCode> = new Set(['UNAUTHENTICATED', 'TOKEN_EXPIRED']);

/**
 * One client that speaks STOMP. `new` until CONNECT, `connecting` until its user is known, `over` once
 * an ERROR was sent.
 */
export function createStompCodec(options: StompCodecOptions): Codec {
  const { destinations, schemas, lobbyRoomId, newId } = options;
  const parser = new StompParser(options.frame);
  const subscriptions = createSubscriptions();
  const answers = createAnswers();
  const joins = createJoins({ subscriptions, answers });
  const most = options.subscriptions;
  const { subscribe, unsubscribe } = createSubscribe({ destinations, subscriptions, joins, answers, most });
  let phase: 'new' | 'connecting' | 'connected' | 'over' = 'new';
  let render = createStompRender('1.0');
  let ready: EventOf<'ready'> | null = null;
  let agreed: HeartbeatOffer = { sendMs: 0, expectMs: 0 };
  let heartbeat: Heartbeat | null = null;
  let held: string[] = [];
  /** DISCONNECT came: nothing more is read. */
  let leaving = false;
  /** What DISCONNECT is owed once all that came before it is answered: its receipt, or the close where it wants none. */
  let farewell: { readonly receipt: string | undefined } | null = null;
  let errors = 0;

  function receive(input: StompInput): Step[] {
    if (phase === 'over' || leaving) return [];
    if (input.kind === 'heartbeat') return [{ kind: 'heartbeat' }];
    if (input.kind === 'broken') return [fail(input.code, input.message, input.receipt)];
    const { frame } = input;
    const receipt = frame.headers.get('receipt') ?? null;
    const connects = frame.command === 'CONNECT' || frame.command === 'STOMP';
    if (connects) return connect(frame);
    if (phase === 'new') return [fail('BAD_FRAME', 'The first frame must be CONNECT', receipt)];
    const outcome = handle(frame);
    switch (outcome.kind) {
      case 'malformed':
        return [fail(outcome.code ?? 'BAD_FRAME', outcome.message, receipt)];
      case 'refused': {
        const error = errorEvent(outcome.code, outcome.message, { errors: outcome.errors });
        return stepsOf(refusal(error, receipt));
      }
      case 'asked':
        return [...outcome.steps];
      case 'done':
        return receipt === null ? [...outcome.steps] : [...outcome.steps, ...reply(render.receipt(receipt))];
    }
  }

  function handle(frame: StompFrame): Outcome {
    const version = parser.version!;
    if (answers.size >= options.pending) return refused('RATE_LIMITED', 'Too many frames wait for their answer');
    switch (frame.command) {
      case 'SEND':
        return send(frame);
      case 'SUBSCRIBE':
        return subscribe(frame, version);
      case 'UNSUBSCRIBE':
        return unsubscribe(frame, version);
      case 'ACK':
      case 'NACK':
        // Accepted in every mode: what lasts is recovered by `seq`, not by acknowledgement.
        return done();
      case 'DISCONNECT':
        return disconnect(frame);
      case 'BEGIN':
      case 'COMMIT':
      case 'ABORT':
        return malformed('There are no transactions here: send each frame by itself', 'VALIDATION_FAILED');
      default:
        return malformed('A client has no such command', 'UNKNOWN_TYPE');
    }
  }

  function connect({ headers }: StompFrame): Step[] {
    if (phase !== 'new') return [fail('BAD_FRAME', 'This connection is connected already', null)];
    const version = negotiateVersion(headers.get('accept-version'));
    const intervals = negotiateHeartbeat(headers.get('heart-beat'), options.heartbeat);
    if (version === null) {
      const spoken = STOMP_VERSIONS.join(',');
      return [fail('VALIDATION_FAILED', `The versions spoken here are ${spoken}`, null, spoken)];
    }
    if (intervals === null) return [fail('BAD_FRAME', 'heart-beat must be two numbers of milliseconds', null)];
    parser.version = version;
    render = createStompRender(version);
    if (version !== '1.0') agreed = intervals;
    const token = connectToken(headers, ready !== null);
    const noted: Step = { kind: 'note', note: 'stomp.connect', fields: { version, tokenPresent: token !== null } };
    phase = 'connecting';
    if (token !== null) {
      const auth = schemas.auth.safeParse({ type: 'auth', token });
      if (!auth.success) return [noted, fail('UNAUTHENTICATED', 'The token is not valid', null)];
      return [noted, { kind: 'command', command: auth.data }];
    }
    if (ready) return [noted, ...stepsOf(welcome(ready))];
    return [noted, fail('UNAUTHENTICATED', 'CONNECT needs a token: header Authorization or passcode', null)];
  }

  function welcome(event: EventOf<'ready'>): Rendered {
    ready = event;
    // Told before CONNECT (the upgrade's token), or once more (a fresh token): nothing to say.
    if (phase !== 'connecting') return NOTHING;
    phase = 'connected';
    heartbeat = { ...agreed, text: '\n' };
    const texts = [connectedFrame(parser.version!, event, options.heartbeat, options.server), ...held];
    held = [];
    return { texts };
  }

  function send(frame: StompFrame): Outcome {
    const destination = frame.headers.get('destination');
    if (!destination) return malformed('SEND needs a destination');
    if (frame.headers.has('transaction')) {
      return malformed('There are no transactions here: send each frame by itself', 'VALIDATION_FAILED');
    }
    const sink = destinations.sink(destination);
    if (!sink) return refused('NOT_FOUND', 'There is no such destination');
    const ref = answers.nextRef();
    const sent = sendCommand(frame, sink, ref, { schemas, lobbyRoomId, newId });
    if ('errors' in sent) return refused('VALIDATION_FAILED', 'The frame is not valid', sent.errors);
    const receipt = frame.headers.get('receipt') ?? null;
    const { command } = sent;
    const isMark = command.type === 'read' || command.type === 'typing';
    // Messages and their changes are waited for even without a receipt, so that DISCONNECT's comes after their commit.
    if (isMark && receipt === null) return done({ kind: 'command', command: { ...command, ref: undefined } });
    answers.expect(ref, { kind: 'done', receipt });
    return asked(isMark ? { kind: 'command', command, confirm: true } : { kind: 'command', command });
  }

  function disconnect({ headers }: StompFrame): Outcome {
    const noted: Step = { kind: 'note', note: 'stomp.disconnect', fields: {} };
    leaving = true;
    farewell = { receipt: headers.get('receipt') };
    return asked(noted, ...stepsOf(withFarewell([])));
  }

  /** The answers that are out, and what DISCONNECT is owed once they all are. A client with its receipt closes itself. */
  function withFarewell(texts: string[]): Rendered {
    if (farewell === null || answers.size > 0) return { texts };
    const { receipt } = farewell;
    farewell = null;
    if (receipt === undefined) {
      phase = 'over';
      return { texts, close: { code: CLOSE.normal, reason: 'disconnected' } };
    }
    return { texts: [...texts, render.receipt(receipt)] };
  }

  function reply(text: string): Step[] {
    if (phase !== 'connecting') return [{ kind: 'reply', text }];
    held.push(text);
    return held.length <= HELD_MAX ? [] : [fail('RATE_LIMITED', 'Too many frames before CONNECTED', null)];
  }

  function stepsOf({ texts, close }: Rendered): Step[] {
    return close ? [{ kind: 'close', ...close, texts }] : texts.flatMap(reply);
  }

  /** An error of this client: on its error queue where it has one, else ERROR and the close. */
  function refusal(event: EventOf<'error'>, receipt: string | null): Rendered {
    const queue = subscriptions.errors();
    if (queue && phase !== 'connecting' && !FATAL.has(event.code)) {
      errors += 1;
      return { texts: [render.problem(queue, errors, event, receipt)] };
    }
    // Nobody may come in as somebody else: to the client that is a bad token.
    const close = closeOf(phase === 'connecting' && event.code === 'FORBIDDEN' ? 'UNAUTHENTICATED' : event.code);
    phase = 'over';
    return { texts: [errorFrame(parser.version, event, { receipt })], close };
  }

  function fail(code: ErrorCode, message: string, receipt: string | null, version?: string): Step {
    phase = 'over';
    const texts = [errorFrame(parser.version, { code, message, errors: [] }, { receipt, version })];
    return { kind: 'close', ...closeOf(code), texts };
  }

  function answered(event: EventOf<'ack'> | EventOf<'ok'> | JoinedEvent): Rendered {
    const entry = answers.find(event.ref);
    let texts: string[] = [];
    if (entry?.kind === 'join' && event.type === 'joined') texts = joins.joined(entry, event, render);
    if (entry?.kind === 'done' && entry.receipt !== null) texts = [render.receipt(entry.receipt)];
    // Only now: an answer that could not be rendered is told again, without what was the reason.
    answers.take(event.ref);
    return withFarewell(texts);
  }

  function failed(event: EventOf<'error'>): Rendered {
    const entry = answers.take(event.ref);
    const receipts = entry?.kind === 'join' ? entry.waiting.map(({ receipt }) => receipt) : [entry?.receipt ?? null];
    if (entry?.kind === 'join') joins.refused(entry);
    const texts: string[] = [];
    for (const receipt of receipts) {
      const each = refusal(event, receipt);
      texts.push(...each.texts);
      if (each.close) return { texts, close: each.close };
    }
    return withFarewell(texts);
  }

  return {
    protocol: 'stomp',
    resyncs: false,
    get heartbeat() {
      return heartbeat;
    },
    renderKey: (roomId) => (phase === 'over' ? 'over' : subscriptions.key(roomId, parser.version)),
    *receive(chunk) {
      for (const input of parser.read(chunk)) yield* receive(input);
    },
    unended(silentMs): Step | undefined {
      const missing = phase === 'over' || leaving ? null : parser.missing;
      if (missing === null || silentMs < (missing.what === 'nul' ? NUL_MS : BODY_MS)) return undefined;
      const message =
        `${missing.command} came without the NUL that ends a frame, so it was not taken. React Native drops it: with ` +
        '@stomp/stompjs set forceBinaryWSFrames and appendMissingNULLonIncoming to true';
      const step = fail('BAD_FRAME', message, missing.receipt);
      return step.kind === 'close' ? { ...step, reason: UNENDED } : step;
    },
    render(event: ChatEvent): Rendered {
      if (phase === 'over') return NOTHING;
      switch (event.type) {
        case 'ready':
          return welcome(event);
        case 'joined':
        case 'ack':
        case 'ok':
          return answered(event);
        case 'error':
          return failed(event);
        default:
          return { texts: subscriptions.messages(event, render) };
      }
    },
    cut: cutRecovery,
    ended(roomId) {
      const room = subscriptions.room(roomId);
      if (!room) return;
      room.joined = false;
      room.recovering = null;
    },
  };
}
