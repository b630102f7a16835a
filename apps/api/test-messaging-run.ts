import { type Broker, type Consumer, relayPass } from '@ticketbuddy/messaging';
import { createDatabase } from '@ticketbuddy/postgres/database';
import type { Deps } from '@ticketbuddy/runtime';
import {
  type Crash,
  CrashingProcess,
  FakeClock,
  type SeededRandom,
  SimulatedBroker,
  seededRandom,
} from '@ticketbuddy/testing';
import type pg from 'pg';
import { everyModule } from './modules.ts';
import { randomBusiness } from './test-messaging-business.ts';
import { BrokenPromise, judgeRun } from './test-messaging-verdict.ts';
import { witness } from './test-messaging-witness.ts';

/** What of ours a run is played with: as it is, or with a defect put in on purpose. */
export type Parts = {
  readonly relay: typeof relayPass;
  readonly consumers: (deps: Deps<never>) => readonly Consumer[];
};

export const ourParts: Parts = {
  relay: relayPass,
  consumers: (deps) => everyModule.flatMap((module) => module.consumers(deps)),
};

/** One database, on which runs are played one after the other. */
export type Lane = { readonly pool: pg.Pool; readonly parts: Parts; nextRun: number; outboxPosition: number };

export type Tally = {
  runs: number;
  messages: number;
  crashes: number;
  duplicates: number;
  reorderings: number;
  lostConnections: number;
};

export const noTally = (): Tally => ({
  runs: 0,
  messages: 0,
  crashes: 0,
  duplicates: 0,
  reorderings: 0,
  lostConnections: 0,
});

const roundsMax = 300;
// While everything waits that was told, the most can go wrong.
const troubledRounds = 3;
const clockErrorMinutes = 5;

/** Our relay and consumers against a simulated broker, with all that goes wrong by this seed. Throws a `BrokenPromise`. */
export async function playRun(lane: Lane, seed: number): Promise<Tally> {
  const run = new Run(lane, seededRandom(seed));
  await run.play();
  return run.settle();
}

class Run {
  readonly #lane: Lane;
  readonly #random: SeededRandom;
  readonly #broker: SimulatedBroker;
  readonly #business;
  readonly #clock = new FakeClock();
  readonly #waiting = new Set<string>();
  #consuming: CrashingProcess | undefined;
  readonly #isWitnessed: boolean;
  #calm: boolean;
  #crashes = 0;
  #failedRelays = 0;

  constructor(lane: Lane, random: SeededRandom) {
    this.#lane = lane;
    this.#random = random;
    const trouble = { publishFails: 0.2, ackIsLost: 0.1, delays: 0.15, overtakes: 0.3 };
    // Every fourth run is a quiet one: there the relay may do nothing twice.
    this.#isWitnessed = random.chance(0.25);
    this.#calm = random.chance(0.25);
    this.#broker = new SimulatedBroker(random, this.#calm ? noPublishTrouble(trouble) : trouble);
    this.#business = randomBusiness(random, lane.nextRun++);
  }

  async play(): Promise<void> {
    await this.#broker.declare(this.#consumers(new CrashingProcess(this.#lane.pool)));
    for (let left = 1 + this.#random.below(4); left > 0; left--) {
      await this.#doBusiness();
      if (this.#random.chance(0.3)) await this.#relayAll();
      if (this.#random.chance(0.4)) await this.#deliver();
    }
    await this.#relayAll();
    for (let rounds = 0; rounds < troubledRounds && this.#broker.waiting > 0; rounds++) await this.#deliver();
    await this.#drain();
  }

  async settle(): Promise<Tally> {
    const { from, to } = this.#business;
    const { published, tally } = this.#broker;
    const { pool, outboxPosition } = this.#lane;
    this.#lane.outboxPosition = await judgeRun(pool, { from, to, outboxPosition, isWitnessed: this.#isWitnessed });
    const most = Math.max(0, ...published.values());
    if (most > 1 + this.#failedRelays)
      throw new BrokenPromise('nothing is published twice while nothing fails', { most });
    return { runs: 1, messages: published.size, crashes: this.#crashes, ...tally };
  }

  async #doBusiness(): Promise<void> {
    const off = this.#random.below(2 * clockErrorMinutes + 1) - clockErrorMinutes;
    this.#clock.advance({ milliseconds: 1 });
    const clock = new FakeClock(this.#clock.now().add({ minutes: off }));
    await this.#inProcess(0.15, (process) => this.#business.next(process.pool, clock));
    for (const schema of this.#business.published()) this.#waiting.add(schema);
  }

  // Several processes run relays; only one at a time may do anything.
  async #relayAll(): Promise<void> {
    for (const schema of [...this.#waiting]) {
      if (!everyModule.some(({ name, publishes }) => name === schema && publishes)) this.#waiting.delete(schema);
      else {
        const relays = Array.from({ length: this.#random.chance(0.2) ? 2 : 1 }, () => this.#relay(schema));
        const published = await Promise.all(relays);
        if (this.#calm && published.every((count) => count !== undefined)) this.#waiting.delete(schema);
      }
    }
  }

  async #relay(schema: string): Promise<number | undefined> {
    const published = await this.#inProcess(0.35, (process) => {
      const publish: Broker['publish'] = (messages) => process.step(() => this.#broker.publish(messages));
      return this.#lane.parts.relay(process.pool, schema, { publish } as Broker);
    });
    if (published === undefined) this.#failedRelays += 1;
    return published;
  }

  async #inProcess<T>(risk: number, work: (process: CrashingProcess) => Promise<T>): Promise<T | undefined> {
    const process = new CrashingProcess(this.#lane.pool, this.#crash(risk, 9));
    try {
      return await work(process);
    } catch (error) {
      // What nobody planned is a finding, not bad luck.
      if (!process.hasCrashed && !/connection was lost/.test(String(error))) throw error;
      return undefined;
    } finally {
      await process.end();
      if (process.hasCrashed) this.#crashes += 1;
    }
  }

  async #deliver(): Promise<void> {
    const process = this.#consuming ?? new CrashingProcess(this.#lane.pool, this.#crash(0.4, 25));
    this.#consuming = process;
    const subscriptions = this.#consumers(process).map(({ name, handle }) => this.#broker.consume(name, handle));
    await this.#broker.deliver();
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    if (process.hasCrashed || this.#calm) await this.#endConsuming();
  }

  #consumers({ pool }: CrashingProcess): readonly Consumer[] {
    const deps: Deps<never> = { db: createDatabase(pool), clock: this.#clock };
    return [...this.#lane.parts.consumers(deps), ...(this.#isWitnessed ? [witness(deps)] : [])];
  }

  async #endConsuming(): Promise<void> {
    if (this.#consuming?.hasCrashed) this.#crashes += 1;
    await this.#consuming?.end();
    this.#consuming = undefined;
  }

  async #drain(): Promise<void> {
    this.#calm = true;
    this.#broker.calmDown();
    await this.#endConsuming();
    for (let rounds = 0; this.#waiting.size > 0 || this.#broker.waiting > 0; rounds++) {
      if (rounds > roundsMax) throw new BrokenPromise('a run comes to its end', { stuck: this.#broker.stuck });
      await this.#relayAll();
      if (this.#broker.waiting > 0) await this.#deliver();
    }
  }

  #crash(risk: number, steps: number): Crash | undefined {
    if (this.#calm || !this.#random.chance(risk)) return undefined;
    return {
      atStep: 1 + this.#random.below(steps),
      when: this.#random.pick(['before', 'after']),
      how: this.#random.chance(0.05) ? 'cut off' : 'killed',
    };
  }
}

function noPublishTrouble<T extends { readonly publishFails: number }>(trouble: T): T {
  return { ...trouble, publishFails: 0 };
}
