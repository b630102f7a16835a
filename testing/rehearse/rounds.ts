import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random.ts';
import type { Options } from './options.ts';
import { startCommand } from './run-command.ts';
import type { Step, View } from './view.ts';
import type { World } from './world.ts';

export type Round = {
  readonly to: 'legacy' | 'next';
  /** From the command's start until the unit had its new owner; ms of `performance.now()`. */
  readonly from: number;
  readonly until: number;
  /** Who was killed, and when; of processes that clients wait for, until when they were away. */
  readonly kill: Kill | undefined;
  /** How often the command was given. */
  readonly attempts: number;
};

export type Kill = { readonly victim: string; readonly from: number; readonly until: number };

type Playing = Pick<Options, 'switches' | 'kills'> & { readonly random: SeededRandom };

const attemptsMax = 8;

/** Moves the unit over and back, and kills somebody in each round, at some moment around the switch. */
export async function playRounds(world: World, playing: Playing, view: View): Promise<Round[]> {
  const rounds: Round[] = [];
  const victims: (string | undefined)[] = [];
  for (let nth = 0; nth < playing.switches; nth++) {
    const to = nth % 2 === 0 ? 'next' : 'legacy';
    if (victims.length === 0) victims.push(...shuffled(everybody(world), playing.random));
    const victim = playing.kills ? victims.pop() : undefined;
    const name = `Round ${nth + 1} of ${playing.switches}`;
    const plan = `${name}: events move to ${to}${victim ? `, ${victim} is killed` : ''}`;
    const round = await view.step(plan, async (step) => {
      const played = await tellMove(world, to, step, () => playRound(world, { to, victim, random: playing.random }));
      step.rename(`${name}: ${outcomeText(played)}`);
      return played;
    });
    rounds.push(round);
    await sleep(500 + playing.random.below(1_000));
  }
  return rounds;
}

function outcomeText({ to, from, until, kill, attempts }: Round): string {
  const killed = kill ? `, ${kill.victim} killed` : '';
  const tries = attempts > 1 ? `, ${attempts} tries` : '';
  return `events belong to ${to} after ${Math.round(until - from)} ms${killed}${tries}`;
}

// In two rounds of each turn nobody is killed: they show how long a switch takes.
function everybody({ actors }: World): (string | undefined)[] {
  return ['command', 'worker', 'worker', ...actors.keys(), undefined, undefined];
}

function shuffled<T>(values: readonly T[], random: SeededRandom): T[] {
  const rest = [...values];
  return values.map(() => rest.splice(random.below(rest.length), 1)[0] as T);
}

const verbs = { next: 'switch', legacy: 'rollback' } as const;
const lookMs = 200;

/** Tells the step what was last written down of the move, as long as the round is played. */
async function tellMove(world: World, to: Round['to'], step: Step, play: () => Promise<Round>): Promise<Round> {
  let isOver = false;
  const played = play().finally(() => {
    isOver = true;
  });
  for (;;) {
    await Promise.race([played, sleep(lookMs)]);
    if (isOver) return played;
    const act = await lastAct(world);
    step.at(
      act === undefined || act === 'move ended'
        ? `migrate ${verbs[to]}`
        : `migrate ${verbs[to]}: ${act.replace(/^step /, '')}`,
    );
  }
}

type Plan = { readonly to: Round['to']; readonly victim: string | undefined; readonly random: SeededRandom };

async function playRound(world: World, { to, victim, random }: Plan): Promise<Round> {
  const killAfterMs = random.below(400);
  const from = performance.now();
  let kill: Promise<Kill> | undefined;
  let said = '';
  for (let attempts = 1; attempts <= attemptsMax; attempts++) {
    const command = startCommand(['migrate', verbs[to], 'events', '--confirm', 'events'], world.migrationSettings);
    if (victim && !kill) kill = killLater(world, victim, killAfterMs, command.kill);
    const { out, err } = await command.ended;
    said += `${out}${err}\n`;
    // A command that was killed leaves its move with the worker, and a worker that was killed with the next one.
    const killed = await kill;
    if (await isOwnedBy(world, to)) return { to, from, until: performance.now(), kill: killed, attempts };
  }
  throw new Error(`events did not come to ${to}:\n${said}`);
}

/** Some ms after the move has begun, or after a while without one. */
async function killLater(world: World, victim: string, afterMs: number, killCommand: () => void): Promise<Kill> {
  const until = performance.now() + beginMsMax;
  while (!(await isMoving(world)) && performance.now() < until) await sleep(5);
  await sleep(afterMs);
  const from = performance.now();
  const actor = world.actors.get(victim);
  if (!actor) killCommand();
  await actor?.end('SIGKILL');
  await actor?.start();
  return { victim, from, until: performance.now() };
}

const settleMsMax = 15_000;
const beginMsMax = 10_000;

/** Whether the unit belongs to the side, once nobody is moving it any more. */
async function isOwnedBy(world: World, to: Round['to']): Promise<boolean> {
  const until = performance.now() + settleMsMax;
  for (;;) {
    const row = await stateOf(world);
    if (row && !row.isMoving) return row.owner === to;
    if (performance.now() > until) throw new Error('nobody finished the move that was left');
    await sleep(20);
  }
}

type State = { readonly owner: string; readonly isMoving: boolean };

async function isMoving(world: World): Promise<boolean> {
  return (await stateOf(world))?.isMoving === true;
}

/** `undefined` while the database does not answer. */
async function stateOf({ pools }: World): Promise<State | undefined> {
  const asked = pools.next.query<State>(
    `select owner, (select act from ticketbuddy_migration.journal where act in ('move begun', 'move ended')
       order by nth desc limit 1) is not distinct from 'move begun' as "isMoving"
     from ticketbuddy_migration.fences where unit = 'events'`,
  );
  return asked.then(
    ({ rows }) => rows[0],
    () => undefined,
  );
}

async function lastAct({ pools }: World): Promise<string | undefined> {
  const asked = pools.next.query<{ act: string }>(
    `select act from ticketbuddy_migration.journal where unit = 'events' and act similar to '(move|step) %' order by nth desc limit 1`,
  );
  return asked.then(
    ({ rows }) => rows[0]?.act,
    () => undefined,
  );
}
