import { expect, it } from 'vitest';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { store, product, rows } = await testStore();

/** Whatever is written to the audit of that product fails. */
async function broken(id: string): Promise<void> {
  await rows(`CREATE OR REPLACE FUNCTION break_${id.replaceAll('-', '')}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.product_id = '${id}' THEN RAISE EXCEPTION 'broken'; END IF; RETURN NEW; END $$`);
  await rows(`CREATE TRIGGER broken_${id.replaceAll('-', '')} BEFORE INSERT ON audit FOR EACH ROW
    EXECUTE FUNCTION break_${id.replaceAll('-', '')}()`);
}

it('places that are not paid are freed, and products ended, also where as many others as go at once can not be', async () => {
  const [first, second] = [await product({ payment: 'REQUIRED' }), await product({ payment: 'REQUIRED' })].sort(
    (a, b) => (a.id < b.id ? -1 : 1),
  );
  for (const { id } of [first!, second!]) await store.participations.join(id, 1, caller('ann'), null);
  await rows("UPDATE participations SET payment_due_at = now() - interval '1 second'");
  await broken(first!.id);
  expect(await store.due.expirePayments(1)).toBe(1);
  expect(await rows('SELECT product_id FROM participations')).toEqual([{ product_id: first!.id }]);

  await rows("UPDATE products SET deadline = now() - interval '1 hour' WHERE id = $1", first!.id);
  await rows("UPDATE products SET deadline = now() - interval '1 second' WHERE id = $1", second!.id);
  expect(await store.due.endDue(1)).toBe(1);
  expect(await rows("SELECT id FROM products WHERE status = 'RECRUITING'")).toEqual([{ id: first!.id }]);
});

it('who waits gets no place whose product is over by then', async () => {
  const { id } = await product({ payment: 'REQUIRED', waitingList: true, maxParticipants: 1 });
  await store.participations.join(id, 1, caller('ann'), null);
  await store.waiting.join(id, 1, caller('ben'));
  // The deadline passes after it was judged: what is due with it is for the end to free.
  await rows(`UPDATE products SET deadline = date_trunc('milliseconds', now()) WHERE id = $1`, id);
  await rows(
    'UPDATE participations SET payment_due_at = (SELECT deadline FROM products WHERE id = $1) WHERE product_id = $1',
    id,
  );
  await rows(`SELECT expire_places(p, '{}') FROM products p WHERE id = $1`, id);
  expect(await rows('SELECT user_id FROM participations WHERE product_id = $1', id)).toEqual([{ user_id: 'ann' }]);
});
