import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type BuildOptions, buildPeer } from './masstransit-peer-build.ts';

/** The real MassTransit, as `masstransit-peer/README.md` describes it, one process for each call. */
export type MassTransitPeer = {
  /** Resolves when its queue is bound. */
  consume(options: ReceiveOptions): Promise<Receiving>;
  /** As `consume`, but its consumer throws. */
  fault(options: ReceiveOptions): Promise<Receiving>;
  /** Resolves, with their ids, when RabbitMQ has confirmed all; the ids are in the order of the messages. */
  publish(url: string, messages: readonly PeerMessage[]): Promise<readonly string[]>;
};

export type PeerMessage = { readonly type: PeerType; readonly message: object };
export type PeerType = 'EventUpserted' | 'UserUpserted';

export type ReceiveOptions = {
  readonly url: string;
  readonly queue: string;
  readonly types: readonly PeerType[];
  /** It ends after so many. */
  readonly count: number;
};

export type Receiving = {
  /** What it received, when it has ended by itself. Rejects, with what it said, when it did not get all. */
  all(): Promise<readonly Received[]>;
  /** Ends it. */
  stop(): Promise<void>;
};

export type Received = {
  readonly type: PeerType;
  readonly messageId: string;
  readonly conversationId: string;
  readonly sentTime: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: Readonly<Record<string, unknown>>;
};

const inFlight = 200;
const secondsMax = 120;
const endMs = 10_000;

/**
 * Builds the peer. `undefined` on a machine that cannot: the caller's tests have to be skipped then, in CI as well, and
 * a line on stderr says what was not tested.
 */
export async function massTransitPeer(options: Partial<BuildOptions> = {}): Promise<MassTransitPeer | undefined> {
  const { dotnet = 'dotnet', say = (line) => process.stderr.write(`\n${line}\n\n`) } = options;
  const program = await buildPeer({ dotnet, say });
  if (program === undefined) return undefined;
  const start = (args: readonly string[]) => new PeerProcess(dotnet, [program, ...args]);
  return {
    consume: (receive) => startReceiving(start, 'consume', receive),
    fault: (receive) => startReceiving(start, 'fault', receive),
    async publish(url, messages) {
      const peer = start([
        'publish',
        '--url',
        url,
        '--lines',
        '-',
        '--in-flight',
        `${inFlight}`,
        '--seconds',
        `${secondsMax}`,
      ]);
      peer.write(messages);
      const confirmed = (await peer.all()) as readonly { readonly messageId: string }[];
      return confirmed.map(({ messageId }) => messageId);
    },
  };
}

type Start = (args: readonly string[]) => PeerProcess;

async function startReceiving(start: Start, mode: string, options: ReceiveOptions): Promise<Receiving> {
  const { url, queue, types, count } = options;
  const wanted = ['--queue', queue, '--types', types.join(','), '--count', `${count}`, '--seconds', `${secondsMax}`];
  const peer = start([mode, '--url', url, ...wanted]);
  await peer.ready();
  return { all: async () => (await peer.all()) as readonly Received[], stop: () => peer.stop() };
}

class PeerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #written = '';
  #said = '';

  constructor(dotnet: string, args: readonly string[]) {
    this.#child = spawn(dotnet, args, { stdio: 'pipe' });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#written += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#said += text;
    });
    const kill = () => this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child.once('exit', () => process.off('exit', kill));
  }

  write(lines: readonly object[]): void {
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdin?.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  async ready(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.stderr?.on('data', () => /^ready$/m.test(this.#said) && resolve());
    await Promise.race([promise, this.#ended.then(() => this.#fail())]);
  }

  async all(): Promise<readonly unknown[]> {
    await this.#ended;
    if (this.#child.exitCode !== 0) this.#fail();
    const lines = this.#written.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), endMs);
    await this.#ended.finally(() => clearTimeout(late));
  }

  #fail(): never {
    const lines = this.#written.split('\n').length - 1;
    const exit = this.#child.exitCode ?? this.#child.signalCode;
    throw new Error(`The MassTransit peer ended with ${exit} after ${lines} lines:\n${this.#said.slice(0, 4_000)}`);
  }
}
