import type { Dial } from './dial.ts';

/**
 * A client that minds `seq`: when a number is left out it connects anew and asks for what came after the last one, as
 * docs/guarantees.md tells clients of SockJS's eventsource to do. sockjs-client takes a response that the network cut
 * short for one that the server ended, and goes on with the next one.
 */
export const mindingSeq =
  (dial: Dial): Dial =>
  (call) =>
    dial({
      ...call,
      hearing: {
        ...call.hearing,
        heard(message) {
          if (message.seq > call.after() + 1) call.hearing.over('something was left out');
          else call.hearing.heard(message);
        },
      },
    });
