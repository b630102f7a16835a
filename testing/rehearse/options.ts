import { parseArgs } from 'node:util';
import { refusingOptions } from '../refusing-options.ts';

export type Options = {
  /** How often the unit changes hands; it begins and ends at the legacy when the number is even. */
  readonly switches: number;
  readonly seed: number;
  readonly ratePerSecond: number;
  readonly gateways: number;
  /** How many events there are before anything moves. */
  readonly rows: number;
  /** Whether a process is killed in each round. */
  readonly kills: boolean;
  /** Whether the legacy's server keeps no logical log, so that triggers capture what changes. */
  readonly triggers: boolean;
  /** Whether it also fails for pauses that are too long. */
  readonly times: boolean;
  readonly json: boolean;
  /** Where every request is written down, as lines of JSON. */
  readonly history: string | undefined;
  readonly help: boolean;
};

export const usage = `npm run rehearse [-- options]

Starts a legacy with data and live traffic and the new system beside it, moves events over and back while processes are
killed, and judges every request that was answered. Needs rabbitmq-server and redis-server.

  --switches <n>   how often events change hands (6)
  --seed <n>       repeats a run: its traffic and whom it kills (a new one each time)
  --rate <n>       requests a second (200, of which three in ten are writes)
  --gateways <n>   how many gateways clients ask (2)
  --rows <n>       events that are there before anything moves (100)
  --triggers       the legacy's server keeps no log that can be read: triggers write its changes down
  --no-kills       kill nobody
  --no-times       tell how long things took, and do not judge it
  --history <file> write every request and its answer to a file
  --json           print the figures as one JSON object
`;

/** Throws a sentence when a word or a number is wrong. */
export function readOptions(words: readonly string[]): Options {
  const { triggers, kills, times, json, history, help, ...numbers } = refusingOptions(() => valuesOf(words));
  return {
    switches: whole('switches', numbers.switches, 1),
    seed: whole('seed', numbers.seed, 0),
    ratePerSecond: whole('rate', numbers.rate, 1),
    gateways: whole('gateways', numbers.gateways, 1),
    rows: whole('rows', numbers.rows, 0),
    triggers,
    kills,
    times,
    json,
    history,
    help,
  };
}

function valuesOf(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowNegative: true,
    options: {
      switches: { type: 'string', default: '6' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      rate: { type: 'string', default: '200' },
      gateways: { type: 'string', default: '2' },
      rows: { type: 'string', default: '100' },
      triggers: { type: 'boolean', default: false },
      kills: { type: 'boolean', default: true },
      times: { type: 'boolean', default: true },
      history: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name}: expected a whole number from ${least} on, got "${text}"`);
  return value;
}
