import { readFence } from '@ticketbuddy/cutover';
import { type Gate, needs, type Takeover, tablesAt } from '@ticketbuddy/takeover';
import type { Context } from './context.ts';
import { gateLines } from './migrate-report.ts';
import { openTakeover } from './open-takeover.ts';

/** Says what will be done and what is missing for it; exit code 1 when something is. */
export async function migratePlan(
  context: Context,
  { of = 'events', json, triggers }: { readonly of?: string; readonly json?: true; readonly triggers?: true },
): Promise<number> {
  const { terminal } = context;
  await using opened = await openTakeover(context, of, { byTriggers: triggers && ['legacy'] });
  const isBegun = (await readFence(opened.takeover.places.next.pool, of)) !== undefined;
  const missing = isBegun ? [] : await needs(opened.takeover);
  const steps = stepsOf(opened.takeover);
  terminal.print(
    json
      ? JSON.stringify({ unit: of, isBegun, steps, needs: missing })
      : planText(of, isBegun, steps, missing, context),
  );
  return missing.every(({ isOpen }) => isOpen) ? 0 : 1;
}

function stepsOf({ plan, tap }: Takeover): string[] {
  const [legacy, next] = [tablesAt(plan, 'legacy').join(', '), tablesAt(plan, 'next').join(', ')];
  const queue = tap ? ', a queue that hears what is told into RabbitMQ' : '';
  return [
    `migrate start ${plan.unit}: puts a schema, a fence and what captures changes (a publication and a slot, or triggers) on ${legacy} into the legacy's database, the same on ${next} into the new one${queue}, copies the rows and follows the changes both ways`,
    `migrate status ${plan.unit}: until every gate is open`,
    `migrate switch ${plan.unit}: holds the writes at the gateways for less than a second and makes this system the owner`,
    `migrate rollback ${plan.unit}: the same the other way, at any time, with all that was written since`,
    `migrate abandon ${plan.unit}: takes all of it out again`,
  ];
}

function planText(
  unit: string,
  isBegun: boolean,
  steps: readonly string[],
  missing: readonly Gate[],
  { terminal }: Context,
): string {
  const { bold } = terminal.colors;
  const lines = [
    bold(`How ${unit} is moved`),
    ...steps.map((step, nth) => `  ${nth + 1}. npx ticketbuddy ${step}`),
    '',
  ];
  if (isBegun) return [...lines, `It has begun: see npx ticketbuddy migrate status ${unit}`].join('\n');
  const isReady = missing.every(({ isOpen }) => isOpen);
  const verdict = isReady ? 'Nothing is missing.' : 'What is marked has to be mended first.';
  return [...lines, bold('What it needs'), gateLines(missing, terminal), '', verdict].join('\n');
}
