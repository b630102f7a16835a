import { type Effort, type Figure, median } from './report.ts';

export type Contest = {
  readonly name: string;
  readonly unit: string;
  /** Unset: the figure is told, and promised to nobody. */
  readonly target?: number;
  readonly rounds: Effort['rounds'];
  /** Each turn answers how much it did in a second. */
  readonly ceiling: () => Promise<number>;
  readonly ours: () => Promise<number>;
};

/** Lets the ceiling and ours take turns, after a turn of each that does not count. */
export async function contest({ name, unit, target, rounds, ceiling, ours }: Contest): Promise<Figure> {
  const turns = await interleave(rounds, { ceiling, ours });
  return compared({ name, unit, ...(target !== undefined && { target }) }, turns.ours, turns.ceiling);
}

/** Lets any number take turns, after a turn of each that does not count. Answers what each did, round by round. */
export async function interleave<K extends string>(
  rounds: number,
  turns: Readonly<Record<K, () => Promise<number>>>,
  onRound: (round: number) => void = () => undefined,
): Promise<Record<K, number[]>> {
  const names = Object.keys(turns) as K[];
  const did = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (const name of names) {
      const speed = await turns[name]();
      if (round > 0) did[name].push(speed);
    }
  }
  return did;
}

/** Ours against the least, round by round. */
export function compared(
  about: Pick<Figure, 'name' | 'unit' | 'target'>,
  ours: readonly number[],
  least: readonly number[],
): Figure {
  const ratios = ours.map((speed, round) => speed / (least[round] ?? Number.NaN));
  const { target, ...named } = about;
  return {
    ...named,
    value: Math.round(median(ours)),
    ceiling: Math.round(median(least)),
    ratio: hundredths(median(ratios)),
    ratioMin: hundredths(Math.min(...ratios)),
    ratioMax: hundredths(Math.max(...ratios)),
    rounds: ratios.length,
    ...(target !== undefined && { target }),
  };
}

/** Something that must not be above `mostOf`: the ratio is at most 1. */
export function bounded(name: string, value: number, unit: string, mostOf: number): Figure {
  return { name, value, unit, ceiling: mostOf, ratio: hundredths(value / mostOf), target: 1, atMost: true };
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
