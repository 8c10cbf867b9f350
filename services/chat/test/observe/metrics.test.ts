import { readSeries, redisProgram, startRedis, type TestRedis } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it, suite } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';

const describe = suite.skipIf(!redisProgram());

const given = chatOfThisFile();
let redis: TestRedis;
let chat: Instance;
beforeAll(async () => {
  redis = await startRedis();
  chat = await given.start({ REDIS_URL: redis.url });
});
afterAll(async () => {
  await chat.stop();
  await redis.stop();
});

const series = (instance = chat) => readSeries(instance.url);

describe('/metrics', () => {
  it('counts connections by protocol, messages stored, refused and delivered, and their way there', async () => {
    const roomId = await chat.room();
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    const silent = await chat.open();
    for (const client of [ann, bob]) await client.join(roomId);
    for (let i = 0; i < 5; i++) await ann.say(roomId, said(`${i}`));
    for (const client of [ann, bob]) await client.event('message', (message) => message.content === said('4'));
    ann.send({ type: 'send', ref: 'x', roomId: 'nowhere', clientMessageId: 'x', content: said('x') });
    expect(await ann.next((frame) => frame.ref === 'x')).toMatchObject({ code: 'NOT_FOUND' });
    await chat.call('POST', '/api/chat/rooms/nowhere/messages', {
      ...{ as: 'ann', body: { clientMessageId: 'y', content: said('y') } },
    });

    const found = await series();
    expect(found.get('gongu_chat_connections{protocol="json"}')).toBe(2 + 1);
    expect(found.get('gongu_chat_messages_accepted_total')).toBe(5);
    expect(found.get('gongu_chat_messages_refused_total{code="NOT_FOUND"}')).toBe(2);
    expect(found.get('gongu_chat_commands_refused_total{code="NOT_FOUND"}')).toBe(1);
    expect(found.get('gongu_chat_events_delivered_total')).toBeGreaterThanOrEqual(10);
    expect(found.get('gongu_chat_handshakes_accepted_total')).toBe(3);
    // Counted by batch, and by write to a room's sockets.
    for (const [name, least] of Object.entries({ append_duration: 5, send_to_commit: 5, commit_to_socket: 1 })) {
      expect({ name, count: found.get(`gongu_chat_${name}_seconds_count`) }).toMatchObject({
        count: expect.toSatisfy((count: number) => count >= least),
      });
      // A way takes longer than nothing, and here less than a second.
      const mean = found.get(`gongu_chat_${name}_seconds_sum`)! / found.get(`gongu_chat_${name}_seconds_count`)!;
      expect(mean).toBeLessThan(1);
    }
    expect(found.get('gongu_chat_send_to_commit_seconds_sum')).toBeGreaterThanOrEqual(
      found.get('gongu_chat_append_duration_seconds_sum')!,
    );
    expect(found.get('gongu_chat_append_batch_messages_sum')).toBeGreaterThanOrEqual(5);
    expect(found.get('gongu_postgres_pool_max_connections{pool="append"}')).toBe(2);
    expect(found.get('gongu_postgres_pool_connections{pool="reads",state="idle"}')).toBeGreaterThan(0);
    expect(found.get('gongu_postgres_pool_waiting{pool="append"}')).toBe(0);

    silent.close(4999);
    await silent.closed();
    bob.close();
    await bob.closed();
    await expect.poll(async () => (await series()).get('gongu_chat_connections{protocol="json"}')).toBe(1);
    const after = await series();
    expect(after.get('gongu_chat_sessions_closed_total{code="other"}')).toBe(1);
    expect(after.get('gongu_chat_sessions_closed_total{code="1005"}')).toBe(1);
    ann.close();
  });

  it('shows the queue of clients that do not read', async () => {
    const roomId = await chat.room();
    const [slow, sender] = [await chat.connect('slow'), await chat.connect('sender')];
    for (const client of [slow, sender]) await client.join(roomId);
    slow.pause();
    const long = said('').concat('🍊'.repeat(3_990));
    await expect
      .poll(async () => {
        await Promise.all(Array.from({ length: 20 }, () => sender.say(roomId, long)));
        const found = await series();
        const sum = found.get('gongu_chat_send_queue_bytes')!;
        expect(found.get('gongu_chat_send_queue_largest_bytes')).toBeLessThanOrEqual(sum);
        return sum;
      })
      .toBeGreaterThan(100_000);
    slow.terminate();
    await expect.poll(async () => (await series()).get('gongu_chat_send_queue_bytes')).toBeLessThan(100_000);
    sender.close();
  });

  it('says whether the bus works, and how long a signal takes', async () => {
    await expect.poll(async () => (await series()).get('gongu_chat_bus_up')).toBe(1);
    await expect.poll(async () => (await series()).get('gongu_chat_bus_lag_seconds')).toBeGreaterThan(0);
    expect((await series()).get('gongu_chat_bus_lag_seconds')).toBeLessThan(0.9);
    await redis.stop();
    await expect.poll(async () => (await series()).get('gongu_chat_bus_up')).toBe(0);
    await expect.poll(async () => (await series()).get('gongu_chat_bus_lag_seconds')).toBeGreaterThan(1);
    const alone = await given.start();
    expect((await series(alone)).get('gongu_chat_bus_up')).toBe(1);
    expect((await series(alone)).get('gongu_chat_bus_lag_seconds')).toBe(0);
    await alone.stop();
  });

  it('counts runs of jobs', async () => {
    await expect
      .poll(async () => (await series()).get('gongu_job_runs_total{task="expire-rooms",outcome="done"}'))
      .toBeGreaterThan(0);
    const at = (await series()).get('gongu_job_last_success_timestamp_seconds{task="expire-rooms"}')!;
    expect(Date.now() / 1_000 - at).toBeLessThan(60);
  });
});
