// Connection, shutdown and start-up, out of resources, deadlock and serialization, lock timeout, read-only for a while,
// idle for too long in a transaction, written by another system by now.
const transientStates = /^(08...|57P0[1-5]|53...|40001|40P01|55P03|57014|25006|25P03|58030|TBF01)$/;
const transientSystemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENOENT',
]);
const transientTexts =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable)/;

/** Whether trying again later may succeed: the server was away, full or busy. Anything else is a defect or a refusal. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof CommitUnknown) return true;
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return transientStates.test(code) || isSystemError(error, code);
  return transientTexts.test(error.message);
}

function isSystemError(error: Error, code: string): boolean {
  return 'syscall' in error && transientSystemErrors.has(code);
}

/** Whether a fence refused the write: another system owns the tables, or it came in an old epoch. */
export function isFenced(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'TBF01';
}

/** The constraint that a statement broke, or `undefined` for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return typeof code === 'string' && code.startsWith('23') && typeof constraint === 'string' ? constraint : undefined;
}

/** The connection was lost while a transaction was being committed: it was carried out, or it was not. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('The database went away during a commit, which may have happened', { cause });
  }
}

/** Runs what commits, and throws `CommitUnknown` when its answer got lost. */
export async function committing<R>(commit: () => Promise<R>): Promise<R> {
  try {
    return await commit();
  } catch (error) {
    throw isLineLost(error) ? new CommitUnknown(error) : error;
  }
}

// Of a line that never was, nothing went out.
function isLineLost(error: unknown): boolean {
  if (!isTransient(error) || error instanceof AggregateError) return false;
  const { code, syscall, message } = error as Error & { readonly code?: unknown; readonly syscall?: unknown };
  if (typeof code !== 'string') return /^Connection terminated( unexpectedly)?$/.test(message);
  return /^(08...|57P0[12])$/.test(code) || (isSystemError(error as Error, code) && syscall !== 'connect');
}
