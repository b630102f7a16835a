import type { Decided, Request } from '../request.ts';
import { Sales } from '../sales.ts';
import type { SalesStore } from '../sales-store.ts';
import type { Asked, Clerk } from './asked.ts';
import { connect, endOf, type Life, type Way } from './connection.ts';
import type { ModelDatabase } from './database.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** A process of the shop that sells, with a clock of its own. */
export type Office = {
  readonly clerk: Clerk;
  readonly sales: Sales;
  readonly decide: (asked: Asked, request: Request) => Promise<Decided>;
  moveClock(ms: number): void;
  /** It never says anything again; what it has begun at the database ends there by itself. */
  kill(): void;
};

/** What is real here except for a defect that was put in on purpose. */
export type Plant = {
  readonly store?: (store: SalesStore, database: ModelDatabase) => SalesStore;
  readonly decide?: (sales: Pick<Sales, 'decide' | 'houses'>, scene: Scene) => Promise<Decided>;
  readonly sales?: typeof Sales;
  /** The seats of a new price are read and written back as they were read. */
  readonly pricesWithoutLock?: boolean;
};

export type Scene = {
  readonly asked: Asked;
  readonly request: Request;
  readonly pause: () => Promise<void>;
  readonly now: () => Temporal.Instant;
};

export type Surroundings = {
  readonly name: string;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly database: ModelDatabase;
  readonly lossRate: number;
  readonly faultRate: number;
  readonly largestBatch: number;
  readonly waitMsMax: number;
  readonly clockMs: number;
  readonly plant: Plant;
  readonly register: (asked: Asked, request: Request) => void;
};

export function openOffice(surroundings: Surroundings): Office {
  const { name, random, scheduler, database, lossRate, faultRate, largestBatch, waitMsMax, plant } = surroundings;
  const life: Life = { isAlive: true, open: new Set() };
  const clerk: Clerk = { name, readings: [], running: new Set() };
  const way: Way = { database, random, scheduler, lossRate, faultRate, life };
  const clock = createClock(scheduler, clerk, surroundings.clockMs);
  const store = plant.store?.(connect(way), database) ?? connect(way);
  const turn = () => new Promise<void>((resolve) => scheduler.tellLater(() => life.isAlive && resolve()));
  const pace = { turn, elapsedMs: () => scheduler.time.elapsedMs };
  const sales = new (plant.sales ?? Sales)({ store, clock, pace }, { largestBatch, waitMsMax });
  return {
    clerk,
    sales,
    moveClock: (ms) => clock.move(ms),
    kill: () => endOf(way),
    decide(asked, request) {
      const decideFor = (one: Request) => {
        surroundings.register(asked, one);
        return sales.decide(one);
      };
      if (!plant.decide) return decideFor(request);
      return plant.decide({ decide: decideFor, houses: sales.houses }, { asked, request, pause: turn, now: clock.now });
    },
  };
}

function createClock(scheduler: Scheduler, { readings }: Clerk, offMs: number) {
  return {
    now(): Temporal.Instant {
      const ms = scheduler.time.wallMs + offMs;
      readings.push({ step: scheduler.happened, ms });
      return Temporal.Instant.fromEpochMilliseconds(ms);
    },
    move(ms: number): void {
      offMs += ms;
    },
  };
}
