import { spawnSync } from 'node:child_process';
import { get } from './test-send.ts';

/** What `/metrics` says now: the value of each line, by its name with its labels as they are written. */
export async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const { body } = await get(url, '/metrics');
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Whether this machine has no promtool. In CI that is an error: there the test must not be skipped. */
export function promtoolIsMissing(): boolean {
  if (spawnSync('promtool', ['--version']).status === 0) return false;
  if (process.env.CI) throw new Error('promtool is not installed (Debian: prometheus), and CI may not skip its test');
  process.stderr.write('\nSKIPPED: what Prometheus says of /metrics, because promtool is not installed\n\n');
  return true;
}

/** What Prometheus' own tool finds wrong with the text. */
export function findingsOfPromtool(text: string): string {
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return stdout + stderr;
}
