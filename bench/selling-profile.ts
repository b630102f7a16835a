import { readFileSync } from 'node:fs';
import { profileWhile, type Share, sharesOf } from './cpu-profile.ts';
import { startCeiling } from './processes.ts';
import { freePort } from './redis-line.ts';
import type { Effort } from './report.ts';
import { teachCeiling } from './selling-answers.ts';
import { openShop, type SellingShop, startDatabases } from './selling-shop.ts';
import { Stock } from './selling-stock.ts';
import { holdFor, holdsToBuy, inTurn, mostPerSecond, purchaseAll } from './selling-world.ts';

type Deed = {
  readonly name: string;
  readonly prepare: () => Promise<() => Promise<number>>;
};

const shownAbove = 0.01;

/**
 * Tells where the processors' time goes while holds and then purchases are made as fast as they go: what a request costs
 * in the api, in PostgreSQL and in the generator, and by which parts of the program the api's main thread spends it. Linux.
 */
export async function profileSelling({ seconds }: Effort): Promise<void> {
  const databases = await startDatabases();
  try {
    const port = await freePort();
    const shop = await openShop(databases, 'shop', { settings: { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}` } });
    const ceiling = await startCeiling();
    databases.usedBy(() => ceiling.stop());
    await teachCeiling({ ceiling, shop });
    for (const deed of deedsOf(shop, seconds)) {
      // The first time is for the compilers.
      await (await deed.prepare())();
      await tell(deed, shop, port, seconds);
    }
  } finally {
    await databases.stop();
  }
}

function deedsOf(shop: SellingShop, seconds: number): Deed[] {
  const stock = new Stock(shop);
  return [
    {
      name: 'a hold of four seats',
      async prepare() {
        await stock.atLeast(seconds * mostPerSecond);
        return () => holdFor(seconds, shop, stock);
      },
    },
    {
      name: 'the purchase of a hold',
      async prepare() {
        const holds = await holdsToBuy(shop, stock, seconds * mostPerSecond);
        return () => purchaseAll(shop, inTurn(holds), seconds);
      },
    },
  ];
}

async function tell({ name, prepare }: Deed, shop: SellingShop, port: number, seconds: number): Promise<void> {
  const run = await prepare();
  const pid = shop.pids[0] ?? 0;
  const before = await spent(shop, pid);
  const count = (await run()) * seconds;
  const after = await spent(shop, pid);
  const each = (part: keyof Spent) => `${Math.round((after[part] - before[part]) / count)} µs`;
  console.log(
    `\n${name}: ${Math.round(count / seconds)} a second; each takes ${each('api')} in the api (its main thread ${each('mainThread')}), ` +
      `${each('postgres')} in PostgreSQL, ${each('generator')} in the generator`,
  );
  const again = await prepare();
  for (const { part, share } of sharesOf(await profileWhile(pid, port, again)).filter(isShown))
    console.log(`${(share * 100).toFixed(1).padStart(7)} %  ${part}`);
}

function isShown({ share }: Share): boolean {
  return share >= shownAbove;
}

type Spent = {
  readonly api: number;
  readonly mainThread: number;
  readonly postgres: number;
  readonly generator: number;
};

/** How long processors have worked for each so far, in µs. */
async function spent({ pool }: SellingShop, pid: number): Promise<Spent> {
  const { rows } = await pool.query('select pid from pg_stat_activity');
  const { user, system } = process.cpuUsage();
  return {
    api: ticksUs(`/proc/${pid}/stat`),
    mainThread: ticksUs(`/proc/${pid}/task/${pid}/stat`),
    postgres: rows.reduce((sum, row) => sum + ticksUs(`/proc/${row.pid}/stat`), 0),
    generator: user + system,
  };
}

// proc(5): the 14th and 15th fields, in hundredths of a second; the second one may have spaces in it.
function ticksUs(path: string): number {
  const fields = readFileSync(path, 'utf8').replace(/.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
