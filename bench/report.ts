/** One measured figure. `ratio` is value / ceiling: the median of the rounds, its least and its greatest beside it. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly ceiling: number;
  readonly ratio: number;
  readonly ratioMin?: number;
  readonly ratioMax?: number;
  readonly rounds?: number;
  /** What the project promises: the least ratio, or with `atMost` the greatest. Unset: nothing. */
  readonly target?: number;
  readonly atMost?: boolean;
};

export type Effort = { readonly rounds: number; readonly seconds: number };
export type Report = (figure: Figure) => void;

export function print(figure: Figure, json: boolean): void {
  console.log(json ? JSON.stringify(figure) : sentence(figure));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Whether the figure is what is promised of it; so is one of which nothing is. */
export function kept({ ratio, target, atMost }: Figure): boolean {
  return target === undefined || (atMost ? ratio <= target : ratio >= target);
}

function sentence(figure: Figure): string {
  const { name, value, unit, ceiling, ratio, ratioMin, ratioMax, rounds, target, atMost } = figure;
  const spread = rounds ? ` (${ratioMin}–${ratioMax} in ${rounds} rounds)` : '';
  const beginning = `${name.padEnd(24)} ${value} ${unit} of ${ceiling}: ratio ${ratio}${spread}`;
  if (target === undefined) return beginning;
  return `${beginning}, ${kept(figure) ? 'keeps' : 'MISSES'} ${atMost ? '≤' : '≥'} ${target}`;
}
