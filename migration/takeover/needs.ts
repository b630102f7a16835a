import { captureKind } from '@ticketbuddy/change-stream';
import type { Side } from '@ticketbuddy/cutover';
import { isMover } from './mover.ts';
import { otherUsers, type Rights, readRights, rowsIn, type TableRight, tableRights } from './store-rights.ts';
import { otherSide, streamOf, type Takeover, tablesAt } from './takeover.ts';

/** What has to be so, as it is at this moment. */
export type Gate = {
  readonly name: string;
  readonly isOpen: boolean;
  /** What was seen; of a closed one, what is to be done. */
  readonly says: string;
};

/** What a database has to grant before a takeover can begin, each as it is; a closed one says who has to do what. */
export async function needs(takeover: Takeover): Promise<Gate[]> {
  return [...(await needsOf(takeover, 'legacy')), ...(await needsOf(takeover, 'next')), await emptyTables(takeover)];
}

/** Those of them that have to be so all the time. */
export async function rightsNeeded(takeover: Takeover): Promise<Gate[]> {
  const all = [...(await needsOf(takeover, 'legacy')), ...(await needsOf(takeover, 'next'))];
  return all.filter(({ name }) => !name.endsWith('a replication slot'));
}

async function needsOf({ plan, places }: Takeover, side: Side): Promise<Gate[]> {
  const { pool } = places[side];
  const rights = await readRights(pool).catch((error: Error) => error);
  if (rights instanceof Error) return [{ name: `${side}: database`, isOpen: false, says: rights.message }];
  const tables = await tableRights(pool, tablesAt(plan, side));
  const role = side === 'next' && !isMover(rights.role) ? roleToMake(rights) : ownRole(rights, await otherUsers(pool));
  const isLogged = (await captureKind(pool, streamOf(plan, otherSide(side)))) === 'log';
  return [
    ...serverNeeds(rights),
    ...(isLogged ? logNeeds(rights) : triggerNeeds(rights)),
    ...tables.map((table) => tableNeed(table, rights.role)),
    role,
  ].map((need) => ({ ...need, name: `${side}: ${need.name}` }));
}

function ownRole({ role }: Rights, others: number): Gate {
  const says = `${others} other sessions are ${role} too, and would pass the fence: make a role for the migration alone`;
  return { name: 'a role of its own', isOpen: others === 0, says: others === 0 ? role : says };
}

// In the new database it is made when the move starts, and not for whoever looks before.
function roleToMake({ role, mayLend }: Rights): Gate {
  const says = mayLend
    ? 'is made with the start'
    : `${role} may not make one with its own rights: name a superuser in DATABASE_URL for \`migrate start\``;
  return { name: 'a role of its own', isOpen: mayLend, says };
}

function serverNeeds({ role, mayCreate, mayMark, version }: Rights): Gate[] {
  return [
    {
      name: 'PostgreSQL',
      isOpen: version >= 150_000,
      says: `${Math.floor(version / 10_000)}; 15 and later are known to do`,
    },
    grant('a schema', mayCreate, `grant create on database … to ${role}`),
    grant(
      'replication origins',
      mayMark,
      `grant execute on function pg_replication_origin_create, …_session_setup, …_oid, …_drop to ${role}`,
    ),
  ];
}

function logNeeds({ role, walLevel, slotsFree, mayReplicate }: Rights): Gate[] {
  return [
    {
      name: 'wal_level',
      isOpen: walLevel === 'logical',
      says:
        walLevel === 'logical'
          ? 'logical'
          : `is ${walLevel}, and was logical when the unit was prepared: set it back, or abandon`,
    },
    {
      name: 'a replication slot',
      isOpen: slotsFree > 0,
      says: slotsFree > 0 ? `${slotsFree} free` : 'none is free: raise max_replication_slots, and restart the server',
    },
    grant('replication', mayReplicate, `alter role ${role} replication`),
  ];
}

// A choice, and no fault: the costs have to be known before it is begun.
function triggerNeeds({ role, walLevel, maySeeMarks }: Rights): Gate[] {
  const why = walLevel === 'logical' ? 'as was asked for' : `since it is ${walLevel}`;
  return [
    {
      name: 'wal_level',
      isOpen: true,
      says: `changes will be captured by triggers, ${why}: each statement that writes takes about 0.2 ms longer, so that single-row updates reach about half their rate. With wal_level = logical, which takes a restart, the log would cost them nothing`,
    },
    grant('marked writes', maySeeMarks, `grant execute on function pg_replication_origin_session_is_setup to ${role}`),
  ];
}

function grant(name: string, isOpen: boolean, statement: string): Gate {
  return { name, isOpen, says: isOpen ? 'may be used' : `a superuser has to say: ${statement}` };
}

function tableNeed({ table, isThere, isOwned, passedBy }: TableRight, role: string): Gate {
  const whose = passedBy ? passingTexts[passedBy] : ownedText(isOwned, role);
  return { name: `table ${table}`, isOpen: isOwned && !passedBy, says: isThere ? whose : 'is not there' };
}

const passingTexts: Readonly<Record<NonNullable<TableRight['passedBy']>, string>> = {
  subscription: 'is filled by a subscription, whose rows pass the fence',
  'other table': 'is a part of another table, or has parts: what is written by the name of the other passes the fence',
};

function ownedText(isOwned: boolean, role: string): string {
  return isOwned ? 'may be fenced and followed' : `its owner has to say: grant the role that owns it to ${role}`;
}

// What is there already would have to be somebody's: nobody knows whose.
async function emptyTables({ plan, places: { next } }: Takeover): Promise<Gate> {
  const name = 'next: rows';
  const counts = [];
  for (const { table, isThere } of await tableRights(next.pool, tablesAt(plan, 'next')))
    if (isThere) counts.push([table, await rowsIn(next.pool, table)] as const);
  const filled = counts.filter(([, rows]) => rows > 0).map(([table, rows]) => `${table} has ${rows}`);
  if (filled.length === 0) return { name, isOpen: true, says: 'none, so that the copy is all that there will be' };
  return { name, isOpen: false, says: `${filled.join(', ')}: begin with empty tables (TICKETBUDDY_SEED=off)` };
}
