import { recordTo } from './trace.ts';

export type TelemetryOptions = {
  /** The base address of an OTLP/HTTP collector. Unset: nothing is recorded, and nothing of the SDK is loaded. */
  readonly endpoint: string | undefined;
  /** How many of the traces that begin here are recorded: 0 to 1. */
  readonly sampleRatio: number;
  readonly serviceName: string;
};

/** Starts recording the traces of this process; `stop` sends what waits, for two seconds at most. */
export async function startTelemetry(options: TelemetryOptions): Promise<{ stop(): Promise<void> }> {
  const { endpoint, sampleRatio, serviceName } = options;
  if (endpoint === undefined) return { stop: async () => undefined };
  const { createRecorder } = await import('./open-telemetry.ts');
  const recorder = createRecorder({ endpoint, serviceName });
  const end = recordTo(recorder, sampleRatio);
  return {
    async stop() {
      end();
      await recorder.stop();
    },
  };
}
