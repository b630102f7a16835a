import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * The flags of a script. Answers `--help` with `usage`, and anything it does not know with one sentence on standard
 * error and exit code 1.
 */
export function readArguments<const T extends NonNullable<ParseArgsConfig['options']>>(options: T, usage: string) {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    stop((error as Error).message.replace(/[.] .*$/s, ''));
  }
}

export function stop(sentence: string): never {
  process.stderr.write(`${sentence}; --help says what there is.\n`);
  process.exit(1);
}
