import { everyInstrument, type Labels, type Metric, type Sample } from './instruments.ts';

/** Looks at something when it is asked, and tells how it is in gauges. */
export type GaugeSource = () => Promise<readonly Metric[]>;

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

const readMsMax = 1_500;

/**
 * What this process counted and how `sources` are now, in Prometheus' text format. A source that fails or is slow is
 * left out: the others are still known.
 */
export async function metricsText(sources: readonly GaugeSource[]): Promise<string> {
  const [own, ...gauges] = await Promise.all([textOfProcess(), ...sources.map(read)]);
  return [...everyInstrument(), ...gauges.flat()].map(format).join('') + own;
}

/** A gauge with the samples that were found. */
export function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', samples };
}

async function read(source: GaugeSource): Promise<readonly Metric[]> {
  const { promise: late, resolve } = Promise.withResolvers<readonly Metric[]>();
  const timer = setTimeout(resolve, readMsMax, []);
  return Promise.race([source().catch(() => []), late]).finally(() => clearTimeout(timer));
}

// Loaded by the first who asks: a shop that nobody measures is smaller without it.
let processMetrics: Promise<{ metrics(): Promise<string> }> | undefined;

async function textOfProcess(): Promise<string> {
  processMetrics ??= import('prom-client').then(({ default: { collectDefaultMetrics, Registry } }) => {
    const register = new Registry();
    collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
    // Gauges by the names of counters: Prometheus' own check refuses them.
    for (const what of ['handles', 'requests', 'resources']) register.removeSingleMetric(`nodejs_active_${what}_total`);
    return register;
  });
  return (await processMetrics).metrics();
}

function format({ name, help, type, samples }: Metric): string {
  const lines = samples.map(
    ({ suffix = '', labels = {}, value }) => `${name}${suffix}${formatLabels(labels)} ${value}`,
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
