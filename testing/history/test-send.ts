import { until } from '../until.ts';
import type { Entry } from './history.ts';
import { startTraffic, type TrafficOptions } from './traffic.ts';

/** Sends until so many requests of a kind are answered; tells how many were late because of the limit of those in flight. */
export async function send(
  options: TrafficOptions,
  requests: number,
  isOfKind: (entry: Entry) => boolean = () => true,
): Promise<number> {
  const traffic = startTraffic(options);
  const isEnough = async () => options.history.entries.filter(isOfKind).length >= requests;
  await until(`${requests} requests are answered`, isEnough, 50_000).finally(() => traffic.stop());
  return traffic.capped;
}
