import { expect, it } from 'vitest';
import { progress } from './progress.ts';
import { countRejects, replayRejects } from './rejects.ts';
import {
  aGround,
  aRun,
  copyAll,
  expectSame,
  follow,
  type Ground,
  intoSameTable,
  schema,
  seats,
  textOf,
} from './test-backfill.ts';

const table = '"public"."Seats"';
const tooLong = 'the name has more than five letters';

/** A mapping that cannot take long names. */
function strict(ground: Ground): Ground {
  const refuse = ({ row }: { row: Readonly<Record<string, string | null>> | null }) =>
    (row?.name?.length ?? 0) > 5 ? tooLong : undefined;
  return { ...ground, tables: [intoSameTable(seats, refuse)] };
}

async function rejectsOf({ target, unit }: Ground) {
  const rejects = await countRejects(target.pool, { schema, unit: unit.name });
  const { rows } = await target.pool.query(`select key, operation, row, reason from ${schema}.rejects order by key`);
  return { count: rejects.find((reject) => reject.table === table)?.rejects ?? 0, rows };
}

it('rows that cannot be mapped are set aside with the reason and all of the row, counted, and the rest goes on', async () => {
  const ground = strict(await aGround());
  await ground.source.pool.query(`insert into "Seats" values (1, 'fine'), (2, 'far too long 👩‍👩‍👧'), (3, null)`);
  const run = await aRun(ground);
  await copyAll(run, 2);
  expect(await rejectsOf(ground)).toEqual({
    count: 1,
    rows: [{ key: '["2"]', operation: 'insert', row: '{"id":"2","name":"far too long 👩‍👩‍👧"}', reason: tooLong }],
  });
  const [state] = await progress(ground.target.pool, { schema, unit: ground.unit.name });
  expect([state?.rowsCopied, state?.rowsRejected, await textOf(ground.target)]).toEqual([3, 1, ['(1,fine)', '(3,)']]);
});

it('a row that was set aside is taken back when the source mends, deletes or moves it, or empties the table', async () => {
  const ground = strict(await aGround());
  const { pool } = ground.source;
  await pool.query(`insert into "Seats" select i, 'far too long' from generate_series(1, 4) as i`);
  const run = await aRun(ground);
  await copyAll(run, 10);
  const counts = [];
  for (const change of [
    `update "Seats" set name = 'fine' where id = 1`,
    `delete from "Seats" where id = 2`,
    `update "Seats" set id = 33, name = 'moved' where id = 3`,
    `update "Seats" set name = 'longer than before' where id = 4`,
    `truncate "Seats"`,
  ]) {
    await pool.query(change);
    await follow(ground, run);
    counts.push((await rejectsOf(ground)).count);
  }
  expect(counts).toEqual([3, 2, 1, 1, 0]);
  await expectSame(ground);
});

it('when the mapping is mended, what was set aside is replayed', async () => {
  const ground = await aGround();
  await ground.source.pool.query(`insert into "Seats" select i, 'far too long' from generate_series(1, 3) as i`);
  const run = await aRun(strict(ground));
  await copyAll(run, 10);
  expect(await replayRejects(run.backfill)).toEqual({ applied: 0, rejected: 3 });
  expect(await replayRejects({ ...run.backfill, tables: ground.tables })).toEqual({ applied: 3, rejected: 0 });
  await expectSame(ground);
  expect((await rejectsOf(ground)).count).toBe(0);
});
