import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

type Failure = Error & { readonly code?: unknown };

/** JSON lines on standard output; readable ones on a terminal. Errors are logged without the data they carry. */
export function createLog(level: string): Logger {
  const destination = process.stdout.isTTY
    ? pretty({ colorize: true, ignore: 'pid,hostname', sync: true })
    : pino.destination(1);
  return pino({ level, serializers: { err: withoutData } }, destination);
}

// A database error holds the values it met in `detail` and `where`, and those may be somebody's address.
function withoutData({ name, message, code, stack }: Failure) {
  return { type: name, message, ...(code === undefined ? {} : { code }), stack };
}
