import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What trade says of what it refuses. */
const REFUSED = 'refused';
const MAX_WAIT_MS = 60_000;

/**
 * Deletions of who asked for his own: begun in trade, then in chat, however often the program is killed in between.
 *
 * @param ask calls a service (`trade`, `chat`) with a key that may erase people: `(service, method, path) → {status, body}`; null: nobody is deleted here
 * @param remember writes `{deletion}` down; what was written comes back through `replay`
 * @param say writes a line of the log
 */
export function openDeletions({ ask, remember, say }) {
  /** By their ids: `{id, userId?, trade?, chat?}`, with the id of each service's erasure; `trade` is `refused` where it was. */
  const known = new Map();

  /** Begins what is not begun; throws where a service does not answer. */
  async function begin({ id }) {
    for (const service of ['trade', 'chat']) {
      const { userId, ...begun } = known.get(id);
      if (begun[service]) continue;
      const { status, body } = await ask(service, 'DELETE', `users/${encodeURIComponent(userId)}`);
      // Trade refuses who sells what is still open, or is held for a legal reason; then nothing is begun. Where it has begun, chat
      // is asked until it takes it too.
      if (status === 409 && service === 'trade') {
        remember({ deletion: { id, trade: REFUSED } });
        return { status, body };
      }
      if (status !== 202) throw new Error(`${service}: ${body?.code ?? status}`);
      const all = { ...begun, [service]: body.id };
      // Once both know, they are asked nothing more but how far they are.
      remember({ deletion: all.trade && all.chat ? all : { ...all, userId } });
      say('info', `a deletion: ${service} takes it`);
    }
    return null;
  }

  /** Until both services have taken it. */
  async function bringOn(deletion) {
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
      try {
        return await begin(deletion);
      } catch (error) {
        say('warn', `a deletion: ${error.message}: once more in ${waitMs} ms`);
        await sleep(waitMs);
      }
    }
  }

  return {
    /** Takes a line that was written down. */
    replay: (deletion) => known.set(deletion.id, deletion),

    /** What was under way as the program ended goes on. */
    resume() {
      if (ask) for (const deletion of known.values()) if (deletion.userId) void bringOn(deletion);
    },

    /** `/me/delete` and `/me/delete/:id`. `whose` says whose token the request has: `{status, body}` or `{userId}`. */
    async answer(method, id, whose) {
      if (!ask) return { status: 404, body: { code: 'NOT_FOUND' } };
      if (id) return method === 'GET' ? tell(id) : { status: 405 };
      if (method !== 'POST') return { status: 405 };
      const { userId, ...refusal } = await whose();
      return userId === undefined ? refusal : take(userId);
    },
  };

  /** Begins one: 202 with its id, which says nothing of who it is; 409 where trade refuses it. */
  async function take(userId) {
    const deletion = { id: randomUUID(), userId };
    remember({ deletion });
    const refusal = await Promise.race([bringOn(deletion), sleep(5_000, null)]);
    return refusal ?? { status: 202, body: { id: deletion.id } };
  }

  /** How far one is: RUNNING, WAITING (for what the services' documentation says), DONE, or REFUSED: nothing was begun. */
  async function tell(id) {
    const deletion = known.get(id);
    if (!deletion) return { status: 404, body: { code: 'NOT_FOUND' } };
    if (deletion.trade === REFUSED) return { status: 200, body: { status: 'REFUSED' } };
    const states = await Promise.all(
      ['trade', 'chat'].map(async (service) => {
        const erasure = deletion[service];
        if (!erasure) return 'RUNNING';
        const { status, body } = await ask(service, 'GET', `erasures/${encodeURIComponent(erasure)}`);
        return status === 200 ? body.status : 'RUNNING';
      }),
    );
    const status = ['RUNNING', 'WAITING'].find((one) => states.includes(one)) ?? 'DONE';
    return { status: 200, body: { status, trade: states[0], chat: states[1] } };
  }
}
