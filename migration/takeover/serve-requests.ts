import { conduct, noteAct, readFence, type Side } from '@ticketbuddy/cutover';
import { gates } from './gates.ts';
import { unfinishedMove } from './store.ts';
import { answerRequest, isAsked, type MoveAnswer, type MoveRequest, takeRequest } from './store-requests.ts';
import { switchUnit } from './switch-unit.ts';
import type { Takeover } from './takeover.ts';

/** Makes the move that was asked for first, if one was, through open gates only. Answers what became of it. */
export async function serveRequest(takeover: Takeover): Promise<MoveAnswer | undefined> {
  const { plan, places } = takeover;
  if (!(await isAsked(places.next.pool, plan.unit))) return undefined;
  // By a lock that dies with its connection: so whoever finds a request that was begun knows that nobody is at it any more.
  return conduct(places.next.pool, `requests of ${plan.unit}`, () => serveFirst(takeover));
}

async function serveFirst(takeover: Takeover): Promise<MoveAnswer | undefined> {
  const { plan, places } = takeover;
  const request = await takeRequest(places.next.pool, plan.unit);
  const answer = request && (await serve(takeover, request));
  if (answer) await answerRequest(places.next.pool, request.nth, answer);
  return answer;
}

async function serve(takeover: Takeover, { to, wasBegun }: MoveRequest): Promise<MoveAnswer | undefined> {
  if (wasBegun) return outcomeOfLeft(takeover, to);
  try {
    const closed = await closedGates(takeover, to);
    return closed.length > 0 ? { outcome: 'refused', closed } : await move(takeover, to);
  } catch (error) {
    // Whoever finishes what is left of it comes by here once more.
    if (await unfinishedMove(takeover.places.next.pool, takeover.plan.unit)) throw error;
    return { outcome: 'failed', reasons: [error instanceof Error ? error.message : String(error)] };
  }
}

async function closedGates(takeover: Takeover, to: Side) {
  const { plan, places } = takeover;
  const found = await gates(takeover, to);
  const closed = found.filter(({ isOpen }) => !isOpen);
  const act = closed.length > 0 ? `refused to move to ${to}` : `gates to ${to} are open`;
  await noteAct(places.next.pool, { unit: plan.unit, act, evidence: found });
  return closed;
}

async function move(takeover: Takeover, to: Side): Promise<MoveAnswer> {
  const [startedAt, reasons] = [performance.now(), [] as string[]];
  const outcome = await switchUnit(takeover, to, {
    onMark: ({ step, what, evidence }) => {
      if (what === 'turned back') reasons.push(`${step}: ${evidence}`);
    },
  });
  const ms = Math.round(performance.now() - startedAt);
  return outcome === 'done' ? { outcome, ms } : { outcome, ms, reasons };
}

/** Whoever began it has died or lost its way, and what it left of the move has been finished since. */
async function outcomeOfLeft({ plan, places }: Takeover, to: Side): Promise<MoveAnswer | undefined> {
  // The server may not have noticed yet that its conductor is gone; or it has lost its line, and goes on.
  if (await unfinishedMove(places.next.pool, plan.unit)) return undefined;
  const fence = await readFence(places.next.pool, plan.unit);
  if (fence?.owner === to) return { outcome: 'done' };
  return { outcome: 'undone', reasons: ['whoever had begun it came to an end before it did'] };
}
