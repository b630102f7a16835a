import { abandon, guardSlot } from '@ticketbuddy/change-stream';
import { expect, it } from 'vitest';
import { pause, resume } from './control.ts';
import { startOver } from './start-over.ts';
import { streamPass } from './stream-pass.ts';
import { aGround, aRun, columns, copyAll, expectSame, follow, schema, seats, textOf } from './test-backfill.ts';
import { openWriter } from './writer.ts';

it.each([
  ['a slot', undefined],
  ['a change table', 'triggers'],
] as const)(
  'a pause that outlives the limit of %s ends in a demand for a new copy, never in a gap',
  async (_what, capture) => {
    const ground = await aGround(columns, seats, capture);
    const { source, target, unit } = ground;
    const control = { pool: target.pool, schema, unit: unit.name };
    await source.pool.query(`insert into "Seats" select i, 'old' from generate_series(1, 5) as i`);
    const run = await aRun(ground);
    await copyAll(run, 10);
    await pause(control);
    await source.pool.query(
      `delete from "Seats" where id = 1; update "Seats" set name = repeat('x', 100000) where id = 2`,
    );
    await source.pool.query(`insert into "Seats" select i, repeat('x', 1000) from generate_series(6, 500) as i`);
    await expect(guardSlot(source.pool, unit, { bytesMax: 100_000 })).rejects.toMatchObject({
      reason: 'slot-over-limit',
    });
    await source.pool.query(`update "Seats" set name = 'after the gap' where id = 3`);
    await resume(control);
    const pass = () => streamPass(run.backfill, run.stream, { waitMs: 10_000 });
    await expect(pastWhatWasHeld(pass)).rejects.toMatchObject({ name: 'NewCopyNeeded', reason: 'slot-missing' });
    expect(await textOf(target)).not.toContain('(3,"after the gap")');
    await run.close();
    await expect(aRun(ground)).rejects.toMatchObject({ name: 'NewCopyNeeded' });
  },
);

it('a new copy is as the source, without the rows that went away in the gap', async () => {
  const ground = await aGround();
  const { source, target, unit } = ground;
  await source.pool.query(`insert into "Seats" select i, 'old' from generate_series(1, 5) as i`);
  const run = await aRun(ground);
  await copyAll(run, 10);
  await run.close();
  await abandon(source.pool, unit);
  await source.pool.query(`delete from "Seats" where id = 1; update "Seats" set name = 'new' where id = 2`);
  const writer = await openWriter({ pool: target.pool, schema, unit: unit.name });
  await startOver({ source: source.pool, writer, unit, tables: ground.tables });
  await writer.close();
  const next = await aRun(ground);
  await copyAll(next, 3);
  await follow(ground, next);
  await expectSame(ground);
});

/** What came before the slot was dropped may still be applied. */
async function pastWhatWasHeld(pass: () => Promise<{ readonly transactions: number }>): Promise<void> {
  while ((await pass()).transactions > 0);
  throw new Error('the stream has said nothing');
}
