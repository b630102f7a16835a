import type { Judged } from '../batch.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { FencedEvent, Locked, SalesStore } from '../sales-store.ts';
import type { Standing } from '../standing.ts';
import type { ModelDatabase, Sale, Transaction } from './database.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** One process's way to the database: what is sent arrives later, what is answered too, and either may be lost. */
export type Way = {
  readonly database: ModelDatabase;
  readonly random: Random;
  readonly scheduler: Pick<Scheduler, 'later' | 'tellLater'>;
  /** How probably an exchange ends with a lost connection. */
  readonly lossRate: number;
  /** How probably a statement that is for several requests fails, as it may for a fault of one of them. */
  readonly faultRate: number;
  readonly life: Life;
};

export type Life = { isAlive: boolean; readonly open: Set<Transaction> };

type Fate = 'arrives' | 'is lost' | 'loses its answer';

export function connect(way: Way): SalesStore {
  const { database } = way;
  return {
    load: (eventId) => exchange(way, () => loaded(database.sales.get(eventId))),
    standings: (ids) => exchange(way, () => ids.map((id) => standing(database.sales.get(id)))),
    since: (eventId, version) => exchange(way, () => entriesSince(database.sales.get(eventId), version)),
    decisions: (attempts) =>
      exchange(way, () => attempts.flatMap(({ scope, key }) => database.keys.get(`${scope} ${key}`) ?? [])),
    write: (judged, events) => new Promise((resolve, reject) => writeAlone(way, { judged, events, resolve, reject })),
    locked: (ids, work) => new Promise((resolve, reject) => runLocked(way, { ids, work, resolve, reject })),
  };
}

/** Ends all that the process has begun at the database; not at once, for nobody tells that it is dead. */
export function endOf({ database, scheduler, life }: Way): void {
  life.isAlive = false;
  for (const tx of life.open) scheduler.later(() => database.rollback(tx));
}

function exchange<R>(way: Way, run: () => R): Promise<R> {
  return new Promise((resolve, reject) => {
    const fate = fateOf(way);
    send(way, () => {
      if (fate === 'is lost') return answer(way, () => reject(lost()));
      const result = run();
      answer(way, () => (fate === 'arrives' ? resolve(result) : reject(lost())));
    });
  });
}

type Writing = {
  readonly judged: Judged;
  readonly events: readonly FencedEvent[];
  readonly resolve: (current: ReadonlySet<string>) => void;
  readonly reject: (error: Error) => void;
};

function writeAlone(way: Way, { judged, events, resolve, reject }: Writing): void {
  const { database, random, scheduler } = way;
  const fate = fateOf(way);
  // The outbox needs statements of its own.
  const isLonger = events.some(({ soldOut }) => soldOut);
  send(way, () => {
    if (fate === 'is lost') return answer(way, () => reject(lost()));
    if (isFaulty(way, judged)) return answer(way, () => reject(fault()));
    const tx = database.begin();
    database.write(tx, judged, events, (error, current) => {
      if (error) return fail(error);
      if (!isLonger && random.chance(0.5)) return finish();
      scheduler.later(() => (isLonger && (isGone(way) || random.chance(way.lossRate)) ? fail(lost()) : finish()));

      function finish(): void {
        database.commit(tx);
        answer(way, () => (fate === 'arrives' ? resolve(current) : reject(lost())));
      }
    });

    function fail(error: Error): void {
      database.rollback(tx);
      answer(way, () => reject(error));
    }
  });
}

type LockedWork<R> = {
  readonly ids: readonly string[];
  readonly work: (locked: Locked) => Promise<R>;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
};

function runLocked<R>(way: Way, { ids, work, resolve, reject }: LockedWork<R>): void {
  const { database, scheduler, life } = way;
  const fate = fateOf(way);
  send(way, () => {
    if (fate === 'is lost') return answer(way, () => reject(lost()));
    const tx = database.begin();
    life.open.add(tx);
    lockInTurn([...ids].sort(), []);

    function lockInTurn([id, ...others]: readonly string[], standings: readonly Standing[]): void {
      const sale = id === undefined ? undefined : database.sales.get(id);
      if (sale) database.lock(tx, sale, () => lockInTurn(others, [...standings, standing(sale) as Standing]));
      else if (id !== undefined) lockInTurn(others, standings);
      else begin(standings);
    }

    function begin(standings: readonly Standing[]): void {
      if (!life.isAlive) scheduler.later(() => database.rollback(tx));
      answer(way, () => {
        work(lockedIn(way, tx, standings)).then(
          (result) => scheduler.later(() => finish(result)),
          (error) => scheduler.later(() => fail(error)),
        );
      });
    }

    function finish(result: R): void {
      const isCommitted = !tx.isOver && !isGone(way);
      if (isCommitted) database.commit(tx);
      else database.rollback(tx);
      life.open.delete(tx);
      answer(way, () => (isCommitted && fate === 'arrives' ? resolve(result) : reject(lost())));
    }

    function fail(error: unknown): void {
      database.rollback(tx);
      life.open.delete(tx);
      answer(way, () => reject(error));
    }
  });
}

function lockedIn(way: Way, tx: Transaction, standings: readonly Standing[]): Locked {
  const { database } = way;
  return {
    standings,
    since: (eventId, version) => exchange(way, () => entriesSince(database.sales.get(eventId), version)),
    write: (judged, events) =>
      new Promise((resolve, reject) => {
        const fate = fateOf(way);
        send(way, () => {
          // Its process is dead, and the database has noticed.
          if (tx.isOver) return;
          if (fate === 'is lost') return answer(way, () => reject(lost()));
          if (isFaulty(way, judged)) return answer(way, () => reject(fault()));
          database.write(tx, judged, events, (error, current) =>
            answer(way, () => (error || fate !== 'arrives' ? reject(error ?? lost()) : resolve(current))),
          );
        });
      }),
  };
}

// What a dead process has sent may arrive or not.
function send(way: Way, arrive: () => void): void {
  way.scheduler.later(() => {
    if (!isGone(way)) arrive();
  });
}

function answer({ scheduler, life }: Way, tell: () => void): void {
  scheduler.tellLater(() => {
    if (life.isAlive) tell();
  });
}

function isGone({ life, random }: Way): boolean {
  return !life.isAlive && random.chance(0.5);
}

function fateOf({ random, lossRate }: Way): Fate {
  if (lossRate === 0 || !random.chance(lossRate)) return 'arrives';
  return random.chance(0.5) ? 'is lost' : 'loses its answer';
}

function isFaulty({ random, faultRate }: Way, { outcomes }: Judged): boolean {
  return faultRate > 0 && outcomes.length > 1 && random.chance(faultRate);
}

function fault(): Error {
  return Object.assign(new Error('value out of range'), { code: '22003' });
}

function lost(): Error {
  return new Error('Connection terminated unexpectedly');
}

function loaded(sale: Sale | undefined) {
  if (!sale) return undefined;
  const { eventId, version, venue, leaveNoSingle, seats } = sale;
  return { eventId, version, venue, leaveNoSingle, seats: [...seats] };
}

function standing(sale: Sale | undefined): Standing | undefined {
  return sale && { eventId: sale.eventId, version: sale.version, leaveNoSingle: sale.leaveNoSingle };
}

function entriesSince(sale: Sale | undefined, version: number): LedgerEntry[] {
  const entries = sale?.ledger ?? [];
  let first = entries.length;
  while (first > 0 && (entries[first - 1]?.version ?? 0) > version) first--;
  return entries.slice(first);
}
