import { pause, resume } from '@ticketbuddy/backfill';
import { until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, test } from 'vitest';
import { gates } from './gates.ts';
import { schema } from './schema.ts';
import { streamOf } from './takeover.ts';
import { type Library, leastMover, leastRights, openLibrary } from './test-library.ts';
import { startWorker, type Worker } from './worker.ts';

let library: Library & { drop(): Promise<void> };
let worker: Worker;
beforeAll(async () => {
  library = await openLibrary({ legacyMover: leastMover });
  worker = await startWorker(library.takeover, { onError: () => undefined });
  await library.next.query(
    `insert into ticketbuddy_migration.edges values ('a gateway', 'library', now() + interval '1 hour', false, 0)`,
  );
  await until('all gates are open', async () => (await closed()).length === 0);
});
afterAll(async () => {
  await worker.stop();
  await library.drop();
});

type Sabotage = readonly [what: string, side: 'legacy' | 'next', harm: string, mend: string, reason: RegExp];

const trigger = (body: string) =>
  `create function public.harm() returns trigger language plpgsql as $$ begin ${body} end $$;
   create trigger harm before insert on "Library"."Book" for each row execute function public.harm()`;
const noTrigger = 'drop function public.harm() cascade';

const sabotages: readonly Sabotage[] = [
  [
    'the right to the tables is taken away',
    'legacy',
    'revoke OWNER from MOVER',
    'grant OWNER to MOVER',
    /permission denied for schema|grant the role that owns it/,
  ],
  [
    'the right to replicate is taken away',
    'legacy',
    'alter role MOVER noreplication',
    'alter role MOVER replication',
    /alter role library_mover_\d+ replication/,
  ],
  [
    'the right to mark writes is taken away',
    'legacy',
    'revoke execute on function pg_replication_origin_session_setup(text) from MOVER',
    'grant execute on function pg_replication_origin_session_setup(text) to MOVER',
    /grant execute on function pg_replication_origin/,
  ],
  [
    'the fence of a table is dropped',
    'legacy',
    'alter table "Library"."Book" disable trigger all',
    'alter table "Library"."Book" enable always trigger ticketbuddy_fence_of_library',
    /the fence of "Library"."Book" is disabled/,
  ],
  [
    'the fence sees only a part of the writes',
    'legacy',
    `create or replace trigger ticketbuddy_fence_of_library before insert on "Library"."Loan" for each statement execute function ticketbuddy_migration.guard('library', 'legacy', 'any')`,
    fenceOf('"Library"."Loan"'),
    /is disabled|does not see all writes/,
  ],
  [
    'the fence lets everybody through',
    'legacy',
    'alter function ticketbuddy_migration.guard() rename to guard_away; create function ticketbuddy_migration.guard() returns trigger language plpgsql as $$ begin return null; end $$',
    'drop function ticketbuddy_migration.guard(); alter function ticketbuddy_migration.guard_away() rename to guard',
    /fence/,
  ],
  [
    'nobody owns the unit there',
    'legacy',
    `update ticketbuddy_migration.fences set owner = 'moving'`,
    `update ticketbuddy_migration.fences set owner = 'legacy'`,
    /the databases disagree/,
  ],
  [
    'the databases are in different epochs',
    'legacy',
    'update ticketbuddy_migration.fences set epoch = 7',
    'update ticketbuddy_migration.fences set epoch = 1',
    /the databases disagree/,
  ],
  [
    'a column is demanded that nobody fills',
    'legacy',
    'alter table "Library"."Book" add column "Isbn" text not null',
    'alter table "Library"."Book" drop column "Isbn"',
    /"Isbn"|changed/,
  ],
  [
    'a constraint refuses what comes',
    'legacy',
    `alter table "Library"."Book" add constraint harm check ("Title" <> 'canary')`,
    'alter table "Library"."Book" drop constraint harm',
    /violates check constraint "harm"/,
  ],
  [
    'a column is too short',
    'legacy',
    'alter table "Library"."Book" alter "Title" type varchar(3)',
    'alter table "Library"."Book" alter "Title" type text',
    /too long|changed/,
  ],
  [
    'a column is called otherwise',
    'legacy',
    'alter table "Library"."Loan" rename "Returned" to "IsBack"',
    'alter table "Library"."Loan" rename "IsBack" to "Returned"',
    /"Returned"|changed/,
  ],
  ['a trigger fails', 'legacy', trigger(`raise exception 'out of order';`), noTrigger, /out of order/],
  ['a trigger swallows rows', 'legacy', trigger('return null;'), noTrigger, /a row that is written is not there/],
  [
    'a trigger changes values',
    'legacy',
    trigger(`new."Title" := upper(new."Title"); return new;`),
    noTrigger,
    /a row that is written has another Title/,
  ],
  [
    'the disk is full',
    'legacy',
    trigger(`raise exception 'could not extend file: No space left on device' using errcode = '53100';`),
    noTrigger,
    /No space left/,
  ],
  [
    'a key is unique no more',
    'legacy',
    'alter table "Library"."Loan" drop constraint "Loan_pkey"',
    'alter table "Library"."Loan" add primary key ("LoanId")',
    /no unique or exclusion constraint/,
  ],
  [
    'its changes are published no more',
    'next',
    `alter publication ticketbuddy_STREAM_to_legacy drop table library.books`,
    `alter publication ticketbuddy_STREAM_to_legacy add table library.books`,
    /library.*books|publi/,
  ],
  [
    'old rows are logged no more',
    'next',
    'alter table library.loans replica identity nothing',
    'alter table library.loans replica identity full',
    /changed|identity/,
  ],
  [
    'a row of it was rejected',
    'legacy',
    `insert into ticketbuddy_migration.rejects values ('STREAM_to_legacy', 'library.books', 'k', 'insert', null, 'planted')`,
    `delete from ticketbuddy_migration.rejects`,
    /1 rows of library.books have no place at legacy/,
  ],
];

test.each(sabotages)(
  'a way back on which %s is refused, for that reason',
  { timeout: 120_000 },
  async (_what, side, harm, mend, reason) => {
    const streams = library.takeover.plan.streams ?? '';
    const said = async (sql: string) =>
      library[side].query(
        sql.replaceAll('STREAM', streams).replaceAll('MOVER', leastRights.mover).replaceAll('OWNER', leastRights.owner),
      );
    await said(harm);
    try {
      await until('a gate says so', async () => (await closed()).some((says) => reason.test(says)));
    } finally {
      await said(mend);
    }
    await until('all gates are open again', async () => (await closed()).length === 0);
  },
);

test('a way back that stands still, or that nobody carries rows over, is refused', { timeout: 240_000 }, async () => {
  const { plan, places } = library.takeover;
  const control = { pool: places.legacy.pool, schema, unit: streamOf(plan, 'legacy').name };
  await pause(control);
  await until('it says so, and nothing else', async () => {
    const [says = '', ...others] = await closed();
    return /^the stream to legacy: paused/.test(says) && others.length === 0;
  });
  await resume(control);
  await until('it is open again', async () => (await closed()).length === 0);
  await library.next.query(`delete from ticketbuddy_migration.edges`);
  await until('it says so, and nothing else', async () => {
    const [says, ...others] = await closed();
    return says === 'gateways: none is running: writes would fail instead of waiting' && others.length === 0;
  });
  await worker.stop();
  await until('silence is noticed', async () => (await closed()).some((says) => /nobody carries rows/.test(says)));
});

async function closed(): Promise<string[]> {
  const all = await gates(library.takeover, 'next');
  return all.filter(({ isOpen }) => !isOpen).map(({ name, says }) => `${name}: ${says}`);
}

function fenceOf(table: string): string {
  return `create or replace trigger ticketbuddy_fence_of_library before insert or update or delete or truncate on ${table}
    for each statement when (session_user <> all (array['MOVER']::name[]))
    execute function ticketbuddy_migration.guard('library', 'legacy', 'any');
    alter table ${table} enable always trigger ticketbuddy_fence_of_library`;
}
