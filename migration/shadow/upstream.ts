import { Pool } from 'undici';
import { type Answer, BodyKeeper, type Headers, wholeAnswer } from './answer.ts';

/** What was asked for. There is no method: nothing but GET is ever sent from here. */
export type Question = { readonly path: string; readonly headers: Headers };

export type Limits = {
  /** From the question to the last byte of the answer. */
  readonly askMs: number;
  readonly bodyBytesMax: number;
};

export type Asked =
  | { readonly outcome: 'answered'; readonly answer: Answer }
  | { readonly outcome: 'too large' | 'timed out' | 'failed' };

/** One of the two systems, asked for comparing only. */
export type Upstream = {
  /** Never throws: what goes wrong is an outcome. */
  ask(question: Question, limits: Limits): Promise<Asked>;
  close(): Promise<void>;
};

/** Over connections of its own, so that a system that hangs holds none that a client waits for. */
export function openUpstream(url: string, connections = 16): Upstream {
  const pool = new Pool(url, { connections, pipelining: 1 });
  return {
    async ask({ path, headers }, limits) {
      const signal = AbortSignal.timeout(limits.askMs);
      try {
        const {
          statusCode,
          headers: found,
          body,
        } = await pool.request({
          method: 'GET',
          path,
          headers: passedOn(headers),
          signal,
        });
        if (Number(found['content-length'] ?? 0) > limits.bodyBytesMax) {
          body.on('error', () => undefined).destroy();
          return { outcome: 'too large' };
        }
        const kept = new BodyKeeper(limits.bodyBytesMax);
        for await (const part of body) {
          kept.add(part);
          if (kept.isFull) break;
        }
        const answer = wholeAnswer({ status: statusCode, headers: found, body: kept.body }, limits.bodyBytesMax);
        return answer ? { outcome: 'answered', answer } : { outcome: 'too large' };
      } catch {
        return { outcome: signal.aborted ? 'timed out' : 'failed' };
      }
    },
    close: () => pool.destroy(),
  };
}

// What may change the content of an answer. No cookies, so no session is touched; no conditions, so every answer is whole;
// no id of a request or trace, so nobody takes it for the client's.
const passed = ['host', 'accept', 'accept-language', 'authorization'];

function passedOn(headers: Headers): Record<string, string> {
  const kept = passed.flatMap((name) => (headers[name] === undefined ? [] : [[name, `${headers[name]}`]]));
  return { ...Object.fromEntries(kept), 'accept-encoding': 'identity', 'ticketbuddy-shadow': '1' };
}
