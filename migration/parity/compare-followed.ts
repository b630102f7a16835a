import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { rowsToRead } from './compare.ts';
import type { Range, SideOf } from './compared.ts';
import { type Diff, diffsBetween } from './diffs.ts';
import type { Followed, FollowedTable, LastChange } from './followed.ts';
import { type Look, lookAt, moveOn, type Read } from './look.ts';
import { type Counts, piecesOf } from './pieces.ts';
import { isSame, type RowFacts, rowsOf, type Sum, sumsOf } from './store.ts';

/** A difference that was there at one position and at a later one. */
export type ConfirmedDiff = Diff & { readonly lastChange: LastChange | undefined };

export type FollowedParity = {
  readonly name: string;
  /** `moved`: of some ranges nothing is known, because they changed each time they were looked at. */
  readonly verdict: 'same' | 'differs' | 'moved';
  readonly diffs: readonly ConfirmedDiff[];
  /** What nothing is known of: to be looked at again. */
  readonly unproven: readonly Range[];
};

export type FollowedOptions = {
  /** It stops looking when it knows so many, by keys. */
  readonly diffsMax?: number;
  /** How long it tries again what has changed meanwhile, in ms. */
  readonly patienceMs?: number;
  /** How long the target may take to apply what the source shows, in ms. */
  readonly waitMsMax?: number;
};

/**
 * Whether the tables hold the same in the ranges, while they are written and followed. Only what both sides show of one
 * version is compared; a range that was changed meanwhile is looked at again in smaller pieces, down to single rows, so
 * what is proven for each row is proven for one moment of its own. Nothing is reported that was not seen at two positions.
 */
export function compareFollowed(
  followed: Followed,
  table: FollowedTable,
  ranges: readonly Range[] = [{}],
  { diffsMax = 1_000, patienceMs = 5_000, waitMsMax = 5_000 }: FollowedOptions = {},
): Promise<FollowedParity> {
  return new Search(followed, table, waitMsMax).run(ranges, diffsMax, patienceMs);
}

// First sums; where they differ and the rows are few, the rows; those that differ, once more.
type Stage = 'sum' | 'rows' | 'confirm';
type Task = { readonly stage: Stage; readonly range: Range };

const rangesAtOnce = 64;
// After a look that has settled nothing, so that the source is not asked without end.
const restMs = 10;

class Search {
  readonly #followed: Followed;
  readonly #table: FollowedTable;
  readonly #waitMsMax: number;
  // By their keys: ranges that are looked at may overlap.
  readonly #diffs = new Map<string, ConfirmedDiff>();
  #tasks: Task[] = [];

  constructor(followed: Followed, table: FollowedTable, waitMsMax: number) {
    this.#followed = followed;
    this.#table = table;
    this.#waitMsMax = waitMsMax;
  }

  async run(ranges: readonly Range[], diffsMax: number, patienceMs: number): Promise<FollowedParity> {
    const end = performance.now() + patienceMs;
    this.#add('sum', ranges);
    while (this.#tasks.length > 0 && this.#diffs.size < diffsMax && performance.now() < end) {
      const before = this.#tasks;
      await this.#step();
      if (this.#tasks.length >= before.length) await delay(restMs);
    }
    const unproven = this.#tasks.map(({ range }) => range);
    const diffs = [...this.#diffs.values()];
    const verdict = diffs.length > 0 ? 'differs' : unproven.length > 0 ? 'moved' : 'same';
    return { name: this.#table.name, verdict, diffs, unproven };
  }

  #add(stage: Stage, ranges: readonly Range[]): void {
    this.#tasks.push(...ranges.map((range) => ({ stage, range })));
  }

  /** The oldest ranges that are at the same stage. */
  async #step(): Promise<void> {
    const stage = this.#tasks[0]?.stage ?? 'sum';
    const taken = this.#tasks.filter((task) => task.stage === stage).slice(0, rangesAtOnce);
    this.#tasks = this.#tasks.filter((task) => !taken.includes(task));
    const ranges = taken.map(({ range }) => range);
    if (stage === 'sum') await this.#sum(ranges);
    else await this.#read(stage, ranges);
  }

  async #sum(ranges: readonly Range[]): Promise<void> {
    const looks = await this.#look(ranges, (client, side) => sumsOf(client, this.#table, side, ranges));
    for (const [nth, range] of ranges.entries()) {
      const { source, target, changed } = looks[nth] as Look<Sum>;
      const counts = { source: source.rows, target: target.rows };
      if (changed === 'unknown') this.#add('sum', [range]);
      else if (changed === 'some') await this.#divide('sum', range, counts);
      else if (!isSame(source, target)) await this.#narrow(range, counts);
    }
  }

  async #read(stage: Stage, ranges: readonly Range[]): Promise<void> {
    if (stage === 'confirm') await moveOn(this.#followed, this.#waitMsMax);
    const looks = await this.#look(ranges, (client, side) => this.#rowsOf(client, side, ranges));
    for (const [nth, range] of ranges.entries()) {
      const { source, target, changed } = looks[nth] as Look<RowFacts[]>;
      const diffs = diffsBetween(source, target, this.#table);
      if (changed === 'unknown') this.#add(stage, [range]);
      else if (changed === 'some') await this.#divide(stage, range, { source: source.length, target: target.length });
      else if (stage === 'confirm') await this.#report(diffs);
      else if (diffs.length > 0) this.#add('confirm', [{ keys: diffs.map(({ key }) => key) }]);
      // Their sums have differed, and in their rows nothing differs: whichever of the two is wrong, it is no proof.
      else this.#add('sum', [range]);
    }
  }

  async #rowsOf(client: pg.PoolClient, side: SideOf, ranges: readonly Range[]): Promise<RowFacts[][]> {
    const rows: RowFacts[][] = [];
    for (const range of ranges) rows.push(await rowsOf(client, this.#table, side, range));
    return rows;
  }

  async #narrow(range: Range, counts: Counts): Promise<void> {
    const isSmall = counts.source <= rowsToRead && counts.target <= rowsToRead;
    const pieces = isSmall ? [range] : await piecesOf(this.#followed, this.#table, range, counts);
    this.#add(pieces.length > 1 ? 'sum' : 'rows', pieces);
  }

  async #divide(stage: Stage, range: Range, counts: Counts): Promise<void> {
    this.#add(stage, await piecesOf(this.#followed, this.#table, range, counts));
  }

  async #report(diffs: readonly Diff[]): Promise<void> {
    const { lastChange = async () => undefined } = this.#followed;
    for (const diff of diffs) {
      this.#diffs.set(diff.key, { ...diff, lastChange: await lastChange(this.#table.changesOf, diff.key) });
    }
  }

  #look<T>(ranges: readonly Range[], read: Read<T>): Promise<Look<T>[]> {
    return lookAt(this.#followed, this.#table.changesOf, ranges, read, this.#waitMsMax);
  }
}
