import { Pool } from 'undici';

export type Shot = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
};

export type LoadOptions = {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** The next request; every answer must have `status`. */
  readonly next: () => Shot;
  readonly status: number;
};

/**
 * As many requests as the server answers, one after the other on each connection. Answers requests per second; throws
 * at the first answer with another status. Closed loop: it measures throughput, not how long a request waits.
 */
export async function load({ url, connections, seconds, next, status }: LoadOptions): Promise<number> {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const started = performance.now();
  const end = started + seconds * 1000;
  let answered = 0;
  await Promise.all(Array.from({ length: connections }, worker));
  const took = (performance.now() - started) / 1000;
  await pool.close();
  return answered / took;

  async function worker(): Promise<void> {
    while (performance.now() < end) {
      const { method, path, body } = next();
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await pool.request({ method, path, headers, body: body ?? null });
      const text = await answer.body.text();
      if (answer.statusCode !== status) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
      answered += 1;
    }
  }
}
