import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SchemaChanged } from './errors.ts';
import { acceptSchema } from './prepare.ts';
import { captures, sourceBy, take, takeChanges } from './test-source.ts';

const table = '"public"."Seats"';

describe.each(captures)('captured by %s', (capture) => {
  const aSource = sourceBy(capture);

  it('what is inserted, updated, deleted and truncated arrives in the order of its commits', async () => {
    const { pool, open } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" values (1, 'A'), (2, null)`);
    await pool.query(`update "Seats" set name = '' where id = 1`);
    await pool.query(`delete from "Seats" where id = 2`);
    await pool.query(`truncate "Seats"`);
    expect(await takeChanges(stream, 4)).toEqual([
      { table, operation: 'insert', oldKey: null, row: { id: '1', name: 'A' } },
      { table, operation: 'insert', oldKey: null, row: { id: '2', name: null } },
      { table, operation: 'update', oldKey: { id: '1' }, row: { id: '1', name: '' } },
      { table, operation: 'delete', oldKey: { id: '2' }, row: null },
      { table, operation: 'truncate', oldKey: null, row: null },
    ]);
  });

  it('an update that changes the key is a delete and an insert', async () => {
    const { pool, open } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" values (1, 'A')`);
    await pool.query(`update "Seats" set id = 7`);
    expect((await takeChanges(stream, 2)).slice(1)).toEqual([
      { table, operation: 'delete', oldKey: { id: '1' }, row: null },
      { table, operation: 'insert', oldKey: null, row: { id: '7', name: 'A' } },
    ]);
  });

  it('a row that one transaction updates five times arrives five times, the last one last', async () => {
    const { pool, open } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" values (1, '0');
      ${[1, 2, 3, 4, 5].map((n) => `update "Seats" set name = '${n}'`).join(';')}`);
    const { changes } = await take(stream);
    expect(changes.map(({ row }) => row?.name)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('a transaction that commits right behind another is not lost when the stream was closed between the two', async () => {
    const { pool, open, start } = await aSource();
    const [first, second] = [await pool.connect(), await pool.connect()];
    await first.query(`begin; insert into "Seats" values (1, 'first')`);
    await second.query(`begin; insert into "Seats" values (2, 'second')`);
    // Two commits in one way to the server leave no gap in the log between them.
    await Promise.all([first.query('commit'), second.query('commit')]);
    first.release();
    second.release();
    const before = await open();
    const { position } = await take(before);
    await before.close();
    const after = await open({ from: position });
    expect([position === start, (await take(after)).changes.length]).toEqual([false, 1]);
  });

  it('what was not acknowledged comes again, to this stream and to the next', async () => {
    const { pool, open, start } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" values (1, 'A')`);
    await pool.query(`insert into "Seats" values (2, 'B')`);
    const first = await stream.next(10_000);
    expect(await stream.next(10_000)).toBe(first);
    await stream.close();
    const again = await open({ from: start });
    expect((await takeChanges(again, 2)).map(({ row }) => row?.id)).toEqual(['1', '2']);
  });

  it('nothing arrives of a transaction that is rolled back, and nothing before the commit of one that is open', async () => {
    const { pool, open } = await aSource();
    const stream = await open();
    const slow = await pool.connect();
    await slow.query(`begin; insert into "Seats" values (1, 'slow')`);
    await pool.query(`begin; insert into "Seats" values (9, 'undone'); rollback`);
    await pool.query(`insert into "Seats" values (2, 'quick')`);
    expect((await take(stream)).changes.map(({ row }) => row?.id)).toEqual(['2']);
    await slow.query('commit');
    slow.release();
    expect((await take(stream)).changes.map(({ row }) => row?.id)).toEqual(['1']);
  });

  it('a large value that an update leaves alone arrives whole', async () => {
    const { pool, open } = await aSource('id int primary key, name text, note text');
    const stream = await open();
    await pool.query(`alter table "Seats" alter note set storage external`);
    await pool.query(`insert into "Seats" values (1, 'A', repeat('x', 100000))`);
    await pool.query(`update "Seats" set name = 'B'`);
    const [, updated] = await takeChanges(stream, 2);
    expect([updated?.row?.name, updated?.row?.note?.length]).toEqual(['B', 100_000]);
  });

  it('transactions of our own origin bring their position and no changes; those of another bring them', async () => {
    const { pool, open, unit } = await aSource();
    const stream = await open({ ownOrigin: unit.name });
    await writeAs(unit.name, 1);
    await writeAs(`${unit.name}_other`, 2);
    const [own, other] = [await stream.next(10_000), await take(stream)];
    expect([own?.origin, own?.changes]).toEqual([unit.name, []]);
    expect([other.origin, other.changes.map(({ row }) => row?.id)]).toEqual([`${unit.name}_other`, ['2']]);

    async function writeAs(origin: string, id: number): Promise<void> {
      const client = await pool.connect();
      await client.query(`select pg_replication_origin_create('${origin}')`);
      await client.query(`select pg_replication_origin_session_setup('${origin}')`);
      await client.query(`select set_config('ticketbuddy.origin', '${origin}', false)`);
      await client.query(`insert into "Seats" values (${id}, 'x')`);
      await client.query('select pg_replication_origin_session_reset()');
      await client.query('reset ticketbuddy.origin');
      await client.query(`select pg_replication_origin_drop('${origin}')`);
      client.release();
    }
  });

  it('a stream stops before the first row that came after a change of the schema, and goes on when it is accepted', async () => {
    const { pool, open, unit } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" values (1, 'before')`);
    await pool.query(`alter table "Seats" add column price numeric(18,2)`);
    await pool.query(`insert into "Seats" values (2, 'after', 1.50)`);
    const before = await take(stream);
    expect(before.changes.map(({ row }) => row?.id)).toEqual(['1']);
    await expect(stream.next(10_000)).rejects.toThrow(SchemaChanged);
    await stream.close();
    await acceptSchema(pool, unit);
    const after = await open({ from: before.position });
    expect((await take(after)).changes[0]?.row).toEqual({ id: '2', name: 'after', price: '1.50' });
  });

  it('a table that is renamed stops the stream', async () => {
    const { pool, open } = await aSource();
    const stream = await open();
    await pool.query(`alter table "Seats" rename to "Places"`);
    await pool.query(`insert into "Places" values (1, 'A')`);
    await expect(stream.next(10_000)).rejects.toMatchObject({ name: 'SchemaChanged', table: '"public"."Places"' });
  });

  it.each([
    ['widened', `alter table "Seats" alter name type varchar(80)`],
    ['renamed', `alter table "Seats" rename name to title`],
    ['dropped', `alter table "Seats" drop name`],
    ...(capture === 'log' ? [['no longer whole in the log', `alter table "Seats" replica identity default`]] : []),
  ])('a column that is %s stops the stream', async (_what, change) => {
    const { pool, open } = await aSource();
    const stream = await open();
    await pool.query(change);
    await pool.query(`insert into "Seats" (id) values (1)`);
    await expect(stream.next(10_000)).rejects.toThrow(SchemaChanged);
  });

  it('a consumer that takes nothing makes the source wait, and then gets everything', async () => {
    const { pool, open } = await aSource();
    const stream = await open();
    for (let n = 0; n < 30; n++) {
      await pool.query(
        `insert into "Seats" select ${n} * 1000 + i, repeat('x', 500) from generate_series(1, 1000) as i`,
      );
    }
    expect((await takeChanges(stream, 30)).length).toBe(30_000);
  });

  it('a stream that is closed at any moment of its beginning has ended', async () => {
    const { open } = await aSource();
    for (let ms = 0; ms < 30; ms++) {
      const stream = await open();
      await delay(ms);
      await stream.close();
    }
  });
});
