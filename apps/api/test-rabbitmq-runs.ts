import { type Broker, relayPass } from '@ticketbuddy/messaging';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { systemClock } from '@ticketbuddy/runtime';
import { type Crash, CrashingProcess, openLine, type SeededRandom, seededRandom, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { everyModule } from './modules.ts';
import { randomBusiness } from './test-messaging-business.ts';
import { judgeRun } from './test-messaging-verdict.ts';
import { openTestBroker, witnessed } from './test-messaging-witness.ts';

const drainMsMax = 60_000;

type ConsumingProcess = { readonly process: CrashingProcess; drop(): Promise<void> };

/** Runs like the simulated ones, over a real RabbitMQ: processes of ours crash, and their lines are cut. */
export class RabbitRuns {
  readonly tally = { runs: 0, crashes: 0, lostConnections: 0 };
  readonly #pool: pg.Pool;
  readonly #url: string;
  readonly #relaying: Broker & { stop?(): Promise<void> };
  readonly #dropped: Promise<void>[] = [];
  #consuming: ConsumingProcess | undefined;
  #outboxPosition = 0;

  constructor(pool: pg.Pool, url: string, relaying: Broker & { stop?(): Promise<void> }) {
    this.#pool = pool;
    this.#url = url;
    this.#relaying = relaying;
  }

  /** Throws a `BrokenPromise` when the contexts do not come to agree. */
  async play(seed: number): Promise<void> {
    const random = seededRandom(seed);
    const business = randomBusiness(random, seed);
    if (random.chance(0.5)) await this.#consume(random);
    for (let left = 1 + random.below(4); left > 0; left--) {
      await this.#inProcess(crashOf(random, 0.15, 9), ({ pool }) => business.next(pool, systemClock));
      if (random.chance(0.3)) await this.#relayAll(random);
    }
    await this.#relayAll(random);
    const { from, to } = business;
    const judge = () => judgeRun(this.#pool, { from, to, outboxPosition: this.#outboxPosition, isWitnessed: true });
    this.#outboxPosition = await this.settle(judge);
    this.tally.runs += 1;
  }

  /** Goes on until `judge` is content, or throws what it still finds when everything should long have arrived. */
  async settle(judge: () => Promise<number>): Promise<number> {
    await until('the contexts agree', () => this.#goOn(judge), drainMsMax).catch(judge);
    return judge();
  }

  async stop(): Promise<void> {
    await this.#dropConsumer();
    await Promise.all(this.#dropped);
    await this.#relaying.stop?.();
  }

  /** A healthy process takes over from one that has crashed, and does what is left. */
  async #goOn(judge: () => Promise<number>): Promise<boolean> {
    if (!this.#consuming || this.#consuming.process.hasCrashed) await this.#consume();
    await this.#relayAll();
    return judge().then(
      () => true,
      () => false,
    );
  }

  async #relayAll(random?: SeededRandom): Promise<void> {
    for (const { name } of everyModule.filter(({ publishes }) => publishes)) {
      await this.#inProcess(random && crashOf(random, 0.2, 5), (process) => {
        const publish: Broker['publish'] = (messages) => process.step(() => this.#relaying.publish(messages));
        return relayPass(process.pool, name, { publish } as Broker);
      });
    }
  }

  async #inProcess(crash: Crash | undefined, work: (process: CrashingProcess) => Promise<unknown>): Promise<void> {
    const process = new CrashingProcess(this.#pool, crash);
    // Over a real network everything may fail at any time; what counts is how it ends.
    await work(process).catch(() => {
      if (!process.hasCrashed) this.tally.lostConnections += 1;
    });
    await process.end();
    if (process.hasCrashed) this.tally.crashes += 1;
  }

  async #consume(random?: SeededRandom): Promise<void> {
    await this.#dropConsumer();
    const process = new CrashingProcess(this.#pool, random && crashOf(random, 0.6, 30));
    const line = await openLine(this.#url);
    const broker = await openTestBroker(process.pool, line.url);
    const consumers = witnessed.flatMap((module) =>
      module.consumers({ db: createDatabase(process.pool), clock: systemClock }),
    );
    await broker.declare(consumers);
    for (const { name, handle } of consumers) broker.consume(name, handle);
    this.#consuming = {
      process,
      async drop() {
        await Promise.all([line.cut(), process.end()]);
        await broker.stop?.();
      },
    };
  }

  async #dropConsumer(): Promise<void> {
    if (!this.#consuming) return;
    if (this.#consuming.process.hasCrashed) this.tally.crashes += 1;
    this.#dropped.push(this.#consuming.drop());
    this.#consuming = undefined;
  }
}

function crashOf(random: SeededRandom, risk: number, steps: number): Crash | undefined {
  if (!random.chance(risk)) return undefined;
  return { atStep: 1 + random.below(steps), when: random.pick(['before', 'after']), how: 'killed' };
}
