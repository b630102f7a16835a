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
  await ceiling();
  await ours();
  const turns: { readonly least: number; readonly ours: number }[] = [];
  for (let round = 0; round < rounds; round++) turns.push({ least: await ceiling(), ours: await ours() });
  const ratios = turns.map((turn) => turn.ours / turn.least);
  return {
    name,
    value: Math.round(median(turns.map((turn) => turn.ours))),
    unit,
    ceiling: Math.round(median(turns.map(({ least }) => least))),
    ratio: hundredths(median(ratios)),
    ratioMin: hundredths(Math.min(...ratios)),
    ratioMax: hundredths(Math.max(...ratios)),
    rounds,
    ...(target !== undefined && { target }),
  };
}

/** Something that must not be above `mostOf`: the ratio is at most 1. */
export function bounded(name: string, value: number, unit: string, mostOf: number): Figure {
  return { name, value, unit, ceiling: mostOf, ratio: hundredths(value / mostOf), target: 1, atMost: true };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
