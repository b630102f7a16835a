import { describe, it } from 'vitest';
import { deliveryPromises } from './broker-delivery-promises.ts';
import { failurePromises } from './broker-failure-promises.ts';
import { type BrokerPromise, type Limits, type StartBroker, startTrial } from './broker-under-test.ts';

/** What every broker of ours promises. */
const brokerPromises: readonly BrokerPromise[] = [...deliveryPromises, ...failurePromises];

/** One test for each promise. */
export function describeBroker(name: string, start: StartBroker, limits: Limits): void {
  describe(name, () => {
    for (const [fact, see] of brokerPromises) it(fact, () => seeOne(see, start, limits));
  });
}

/** The promises that a broker breaks. */
export async function brokenPromises(start: StartBroker, limits: Limits): Promise<string[]> {
  const broken = await Promise.all(
    brokerPromises.map(([fact, see]) =>
      seeOne(see, start, limits).then(
        () => [],
        () => [fact],
      ),
    ),
  );
  return broken.flat();
}

async function seeOne(see: BrokerPromise[1], start: StartBroker, limits: Limits): Promise<void> {
  const trial = await startTrial(start, limits);
  await see(trial).finally(() => trial.end());
}
