const causesMax = 8;

/** An error as MassTransit tells of an exception. */
export type ExceptionInfo = {
  readonly exceptionType: string;
  readonly innerException: ExceptionInfo | null;
  readonly stackTrace: string | null;
  readonly message: string;
  readonly source: string;
  readonly data: null;
};

/** Whatever was thrown, with its causes as inner exceptions. */
export function exceptionInfo(error: unknown): ExceptionInfo {
  const [innermost, ...outer] = causesOf(error).toReversed();
  return outer.reduce<ExceptionInfo>((inner, each) => describe(each, inner), describe(innermost, null));
}

/** The innermost cause. */
export function rootOf(info: ExceptionInfo): ExceptionInfo {
  return info.innerException === null ? info : rootOf(info.innerException);
}

function describe(error: unknown, innerException: ExceptionInfo | null): ExceptionInfo {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    exceptionType: name,
    innerException,
    stackTrace: framesOf(stack ?? ''),
    message,
    source: 'ticketbuddy',
    data: null,
  };
}

// An error may be its own cause.
function causesOf(error: unknown): readonly unknown[] {
  const causes = [error];
  for (let cause = causeOf(error); cause !== undefined && causes.length < causesMax; cause = causeOf(cause)) {
    causes.push(cause);
  }
  return causes;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? undefined) : undefined;
}

function framesOf(stack: string): string | null {
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return frames.length > 0 ? frames.join('\n') : null;
}
