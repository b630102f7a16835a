import { setTimeout as sleep } from 'node:timers/promises';

/** What V8's inspector answers to `Profiler.stop`; times are in µs. */
export type CpuProfile = {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

type ProfileNode = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
};

export type Share = { readonly part: string; readonly share: number };

type Call = (method: string, params?: object) => Promise<unknown>;

const samplingIntervalUs = 300;

/** Profiles a Node.js process whose `--inspect-port` is this, while `work` runs. */
export async function profileWhile(pid: number, port: number, work: () => Promise<unknown>): Promise<CpuProfile> {
  process.kill(pid, 'SIGUSR1');
  const { call, close } = await attach(port);
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: samplingIntervalUs });
  await call('Profiler.start');
  await work();
  const { profile } = (await call('Profiler.stop')) as { readonly profile: CpuProfile };
  close();
  return profile;
}

/** Which parts of the program the time went to in which it did anything, the largest first. */
export function sharesOf({ nodes, samples, timeDeltas }: CpuProfile): Share[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const parts = new Map<string, number>();
  let total = 0;
  for (const [nth, id] of samples.entries()) {
    const part = partOf(id);
    const us = timeDeltas[nth] ?? 0;
    if (part === undefined) continue;
    total += us;
    parts.set(part, (parts.get(part) ?? 0) + us);
  }
  return [...parts].map(([part, us]) => ({ part, share: us / total })).sort((one, other) => other.share - one.share);

  // What has no place of its own, such as a write to a socket, belongs to who called it.
  function partOf(id: number | undefined): string | undefined {
    const frame = id === undefined ? undefined : byId.get(id)?.callFrame;
    if (!frame || frame.functionName === '(idle)') return undefined;
    if (frame.functionName === '(garbage collector)') return 'garbage collector';
    if (frame.url !== '') return partAt(frame.url);
    return partOf(parents.get(id ?? 0)) ?? 'Node.js itself';
  }
}

function partAt(url: string): string {
  const library = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return library;
  if (/node:(_?http|net|_?stream|internal\/(stream|http|webstreams|js_stream))/.test(url))
    return 'node: http, net, streams';
  if (url.startsWith('node:')) return /crypto/.test(url) ? 'node: crypto' : 'node: everything else';
  return /(contexts\/\w+|platform\/[\w-]+|apps\/\w+|contracts)\//.exec(url)?.[1] ?? url;
}

async function attach(port: number): Promise<{ readonly call: Call; readonly close: () => void }> {
  const socket = new WebSocket(await debuggerUrl(port));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { readonly id: number; readonly result: unknown };
    waiting.get(id)?.(result);
  });
  let calls = 0;
  const call: Call = (method, params = {}) =>
    new Promise((resolve) => {
      const id = ++calls;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  return { call, close: () => socket.close() };
}

// It begins to listen a moment after the signal.
async function debuggerUrl(port: number): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
        webSocketDebuggerUrl: string;
      }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (tries === 100) throw error;
    }
    await sleep(20);
  }
}
