// A batch is decided at one moment, and each `Temporal.Instant` that is made costs a microsecond and the garbage collector
// more: what is worked out of a moment is worked out once.

const holdLasts = Temporal.Duration.from({ minutes: 15 });
const ends = new WeakMap<Temporal.Instant, Temporal.Instant>();
const counts = new WeakMap<Temporal.Instant, number>();
const texts = new WeakMap<Temporal.Instant, string>();

/** When a hold that begins at `since` ends, unless its end is moved: 15 minutes later. */
export function endOfHold(since: Temporal.Instant): Temporal.Instant {
  let end = ends.get(since);
  if (!end) {
    end = since.add(holdLasts);
    ends.set(since, end);
  }
  return end;
}

/** As `toString` writes it. */
export function textOf(instant: Temporal.Instant): string {
  let text = texts.get(instant);
  if (text === undefined) {
    text = instant.toString();
    texts.set(instant, text);
  }
  return text;
}

/** In microseconds since 1970, whole ones: as the database keeps it, and a number until the year 2255. */
export function microsecondsOf(instant: Temporal.Instant): number {
  let microseconds = counts.get(instant);
  if (microseconds === undefined) {
    microseconds = Number(instant.epochNanoseconds / 1_000n);
    counts.set(instant, microseconds);
  }
  return microseconds;
}

/** By whole microseconds. */
export function isAfter(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return microsecondsOf(one) > microsecondsOf(other);
}
