import { parseArgs } from 'node:util';
import { refusingOptions } from '../refusing-options.ts';
import type { Side } from './expectation.ts';

export type Options = {
  readonly target: string;
  readonly as: Side;
  readonly captures: string;
  readonly only: string;
  readonly start: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
};

export const HELP = `Plays recorded exchanges against a server and says what differs.

npm run replay -- [options]

  --target URL       the server to ask (default http://127.0.0.1:3000); it has to be empty
  --as legacy|next   expect what was recorded, or that with the marked differences (default next)
  --captures PATH    a folder with an http folder in it, a folder of recordings, or one of them
                     (default testing/captures)
  --only TEXT        only recordings with this text in their name
  --start            start the system for each recording, with nothing in it; as legacy the stand-in, which
                     needs redis-server and rabbitmq-server to be installed
  --verbose          also print what passed and what was skipped
  --help             print this
`;

/** Throws one sentence that says what is wrong with the arguments. */
export function parseOptions(args: readonly string[]): Options {
  const { as, target, ...values } = refusingOptions(() => parseArgs({ args: [...args], options: OPTIONS }).values);
  if (values.start && target !== undefined)
    throw new Error('--start starts a system of its own, so it takes no --target.');
  if (as !== 'legacy' && as !== 'next') throw new Error(`--as takes legacy or next, not "${as}".`);
  return { ...values, as, target: httpUrl(target ?? 'http://127.0.0.1:3000') };
}

const OPTIONS = {
  target: { type: 'string' },
  as: { type: 'string', default: 'next' },
  captures: { type: 'string', default: 'testing/captures' },
  only: { type: 'string', default: '' },
  start: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function httpUrl(target: string): string {
  if (URL.parse(target)?.protocol === 'http:') return target;
  throw new Error(`--target takes an address that starts with http://, not "${target}".`);
}
