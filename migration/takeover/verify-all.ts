import { quotedName } from '@ticketbuddy/change-stream';
import { readFence } from '@ticketbuddy/cutover';
import { compared } from '@ticketbuddy/mapping';
import { compare, compareFollowed, type Parity } from '@ticketbuddy/parity';
import { otherSide, type Takeover } from './takeover.ts';
import { followedOf } from './verifying.ts';

/**
 * Compares every row of both sides, the owner's as the source. While rows are on their way, what differs is looked at again
 * at positions that both have: then it is `same`, or `moved` when it never held still.
 */
export async function verifyAll(takeover: Takeover): Promise<Parity[]> {
  const { plan, places } = takeover;
  const fence = await readFence(places.next.pool, plan.unit);
  const to = fence?.owner === 'next' ? 'legacy' : 'next';
  const found: Parity[] = [];
  for (const mapping of plan.tables) {
    const table = compared(mapping, to);
    const parity = await compare({ source: places[otherSide(to)].pool, target: places[to].pool }, table);
    if (parity.verdict === 'same' || !fence) found.push(parity);
    else {
      const changesOf = quotedName(mapping[otherSide(to)]);
      const { verdict, diffs } = await compareFollowed(followedOf(takeover, to), { ...table, changesOf });
      found.push({ ...parity, verdict, diffs });
    }
  }
  return found;
}
