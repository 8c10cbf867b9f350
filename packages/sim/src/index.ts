export { checkAgreement, settle } from './check/agreement.ts';
export { check } from './check/check.ts';
export type {
  Change,
  Entry,
  Evidence,
  FinalProduct,
  FinalRoom,
  History,
  Mark,
  Purchase,
  Received,
  Restriction,
  RoomSearch,
  SharedFile,
  Stored,
} from './check/evidence.ts';
export { createFaults, FAULT_KINDS, type Fault, type FaultKind, type Faults } from './check/faults.ts';
export { createLedger, type Ledger, type Saying } from './check/ledger.ts';
export { sayingsOf } from './check/sayings.ts';
export { storedOf, storedRoom } from './check/stored-messages.ts';
export { buyerOf, endsMembershipOf } from './check/system-event.ts';
export { VIOLATION_KINDS, type Violation } from './check/violation.ts';
export { speakGongu } from './line/gongu.ts';
export { type Call, type Dial, type Line, LOBBY, messageOf, type PausableLine } from './line/line.ts';
export { dialGongu, dialRoom, dialSession, dialSignals, PROTOCOLS } from './line/protocols.ts';
export { overSockJs, type SockJsTransport } from './line/sockjs.ts';
export { dialEventStream } from './line/sse.ts';
export { SPRING, speakStomp } from './line/stomp.ts';
export { overWebSocket } from './line/websocket.ts';
export { createRandom, type Random } from './random.ts';
export {
  type Place,
  type Shopper,
  type ShopperObserver,
  type ShopperOptions,
  startShopper,
} from './shopper/shopper.ts';
export { type Answer, type Calls, callAs, createCalls } from './system/calls.ts';
export { createInstance, type Instance } from './system/instance.ts';
export { openParts } from './system/parts.ts';
export { type System, startSystem } from './system/system.ts';
export { describeParticipant, type Participant, type ParticipantOptions, type Standing } from './talker/participant.ts';
export { type Counts, createRecord } from './talker/record.ts';
export { startTalker, type Talker } from './talker/talker.ts';
