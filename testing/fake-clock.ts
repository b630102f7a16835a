import type { Clock } from '@ticketbuddy/runtime';

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now: Temporal.Instant;

  constructor(start: string | Temporal.Instant = '2026-06-01T12:00:00Z') {
    this.#now = Temporal.Instant.from(start);
  }

  now(): Temporal.Instant {
    return this.#now;
  }

  advance(by: Temporal.DurationLike): void {
    this.#now = this.#now.add(by);
  }
}
