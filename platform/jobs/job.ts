/** Work that is done in the background, as data: what it is called, when and how it is done, what becomes of it. */
export type Job = Settings & (Unique | Concurrent);

type Settings = {
  /** Of its queue: the context, a dot, and what is done, such as `tickets.audit-seats`. */
  readonly name: string;
  /** A try that fails is followed by up to `limit` more, the first after `delaySeconds`, each later one after twice as long. */
  readonly retries: { readonly limit: number; readonly delaySeconds: number; readonly delaySecondsMax: number };
  /** A try that takes longer is given up: its signal is aborted and the next try follows. */
  readonly expireInSeconds: number;
  /** How long a finished job and its result are kept, be it done or failed. */
  readonly keepFinishedDays: number;
  /** How long a job may wait before it is forgotten. */
  readonly keepWaitingDays: number;
  /** The queue that gets a copy when the last try has failed. Nobody works on it: a person looks. */
  readonly deadLetter: string;
  /**
   * One try. Answers a short result to keep. It goes on after `signal` is aborted only as far as the step that runs.
   * Throws what went wrong; a `FinalFailure` when another try could not go better.
   */
  readonly run: (attempt: Attempt) => Promise<Result>;
};

/** At most one waits or runs, in all processes together: what is sent meanwhile is not taken. */
type Unique = {
  readonly unique: true;
  /** Five fields of cron, in UTC. What was due while no process ran is made up for, once. */
  readonly schedule?: string;
};

type Concurrent = {
  readonly unique: false;
  /** How many run at once in each process. */
  readonly concurrency: number;
};

export type Attempt = { readonly payload: unknown; readonly signal: AbortSignal };

/** As JSON it is kept with the job and shown to operators. */
export type Result = Readonly<Record<string, unknown>>;

/** The job failed and would fail again: it goes to its dead letters at once. */
export class FinalFailure extends Error {
  /** Kept with the job, beside the message. */
  readonly result: Result;

  constructor(message: string, result: Result = {}) {
    super(message);
    this.name = 'FinalFailure';
    this.result = result;
  }
}
