export type Labels = Readonly<Record<string, string>>;

/** One line of an answer to Prometheus; `suffix` such as `_sum`. */
export type Sample = { readonly suffix?: string; readonly labels?: Labels; readonly value: number };

/** A metric with all its samples. */
export type Metric = {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
};

export type Counter = {
  add(by: number, labels?: Labels): void;
  /** What counts for these labels: to be kept where much is counted. */
  of(labels: Labels): { add(by: number): void };
};

export type Histogram = {
  /** What counts for these labels: to be kept where much is observed. */
  of(labels: Labels): { observe(value: number): void };
};

// Of the process: what is counted here happened in it, whichever shop of a test it was.
const instruments: (() => Metric)[] = [];

export function everyInstrument(): readonly Metric[] {
  return instruments.map((read) => read());
}

/** A counter of the process; its name ends with `_total`. Without labels it is there from the start. */
export function counter(name: string, help: string): Counter {
  const counts = new Map<string, { readonly labels: Labels; value: number }>();
  const of = keyed(counts, (labels) => ({ labels, value: 0 }));
  instruments.push(() => ({ name, help, type: 'counter', samples: counts.size > 0 ? [...counts.values()] : [zero] }));
  return {
    add(by, labels = none) {
      of(labels).value += by;
    },
    of(labels) {
      const one = of(labels);
      return {
        add(by) {
          one.value += by;
        },
      };
    },
  };
}

/** A histogram of the process; `bounds` are upper bounds, ascending, in the unit that the name ends with. */
export function histogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Map<string, Series>();
  const of = keyed(series, (labels) => ({ labels, counts: bounds.map(() => 0), count: 0, sum: 0 }));
  instruments.push(() => ({
    name,
    help,
    type: 'histogram',
    samples: [...series.values()].flatMap((one) => samplesOf(one, bounds)),
  }));
  return {
    of(labels) {
      const one = of(labels);
      return { observe: (value) => observe(one, bounds, value) };
    },
  };
}

const none: Labels = {};
const zero: Sample = { value: 0 };

type Series = { readonly labels: Labels; readonly counts: number[]; count: number; sum: number };

function keyed<S>(all: Map<string, S>, create: (labels: Labels) => S): (labels: Labels) => S {
  return (labels) => {
    const key = labels === none ? '' : JSON.stringify(labels);
    let one = all.get(key);
    if (!one) {
      one = create(labels);
      all.set(key, one);
    }
    return one;
  };
}

function observe(series: Series, bounds: readonly number[], value: number): void {
  const bucket = bounds.findIndex((bound) => value <= bound);
  if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  series.count += 1;
  series.sum += value;
}

function samplesOf({ labels, counts, count, sum }: Series, bounds: readonly number[]): Sample[] {
  let below = 0;
  const buckets = bounds.map((bound, nth) => {
    below += counts[nth] ?? 0;
    return { suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count },
  ];
}
