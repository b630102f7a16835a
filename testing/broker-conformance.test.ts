import { expect, it } from 'vitest';
import { brokenPromises } from './broker-conformance.ts';
import { type Flaw, plantedBroker, plantedLimits } from './planted-broker.ts';

const named: readonly (readonly [Flaw, string])[] = [
  ['drops one message in a hundred', 'every confirmed message is handled'],
  ['delivers some messages twice', 'a message is handled once while nothing fails'],
  [
    'swaps neighbours',
    'messages of one key are handled one after the other, in the order in which they were published',
  ],
  [
    'handles one key in parallel',
    'messages of one key are handled one after the other, in the order in which they were published',
  ],
  ['changes the body', 'a message arrives as it was sent'],
  ['sends everything to every queue', 'every queue that wants a message type gets it, and no other'],
  ['pushes without limit', 'no more messages than the limit are in the hands of a handler at once'],
  ['gives each consumer every message', 'two consumers of one queue share its work, and the one that stays takes all'],
  [
    'cuts off a handler when it is stopped',
    'a consumer that is stopped finishes what it began and leaves the rest in order',
  ],
  ['forgets everything at a restart', 'a confirmed message survives a restart of the server'],
  ['acknowledges early', 'a message in the hands of a process that dies is handled by another'],
  [
    'puts what a dead process had at the end',
    'messages of one key stay in order when the process that handles them dies',
  ],
  ['parks silently', 'a failing message is tried again after each delay, then parked with its reason and attempts'],
  [
    'parks at the first failure',
    'a failing message is tried again after each delay, then parked with its reason and attempts',
  ],
  ['never stops trying', 'a failing message is tried again after each delay, then parked with its reason and attempts'],
  [
    'tries again at once',
    'a failing message is tried again after each delay, then parked with its reason and attempts',
  ],
  ['parks what would pass', 'what fails for a reason that passes is tried until it has passed, and never parked'],
  ['lets others overtake what is tried again', 'messages of one key wait behind the one that is tried again'],
  [
    'lets a poison message block the queue',
    'a poison message holds up neither the other keys nor, once parked, its own',
  ],
];

it('a broker without a flaw breaks no promise', async () => {
  expect(await brokenPromises(plantedBroker(), { ...plantedLimits, boundMs: 20_000 })).toEqual([]);
});

it.for(named)('a broker that %s breaks the promise that %s', async ([flaw, fact]) => {
  expect(await brokenPromises(plantedBroker(flaw), plantedLimits)).toContain(fact);
});
