import type { Config } from '@ticketbuddy/config';
import { demo } from '@ticketbuddy/contracts';
import colors from 'picocolors';
import type { Shop } from './shop.ts';

/** What a person needs to know once the shop runs: where it is, what is in it, what to try. */
export function panel(config: Config, { url }: Shop, startedInMs: number): string {
  const shown = url.replace('0.0.0.0', 'localhost');
  const ofModules = <T>(of: Readonly<Record<string, T>>) => config.modules.flatMap((name) => of[name] ?? []);
  return [
    '',
    `  ${colors.bold(colors.green('TicketBuddy is selling'))} ${colors.dim(`(${config.modules.join(', ')}; ready in ${(startedInMs / 1000).toFixed(1)} s)`)}`,
    '',
    line('Shop', shown),
    line('API', `${shown}/docs  ·  ${shown}/openapi.json`),
    line('Health', `${shown}/health`),
    line('Database', config.databaseUrl === undefined ? `embedded PostgreSQL in ${config.dataFolder}` : 'DATABASE_URL'),
    line('Access', colors.yellow('anonymous: nobody is asked who they are until identity is built')),
    line('Demo data', config.seed ? ofModules(seeded).join(', ') : 'off'),
    '',
    `  ${colors.bold('Try')}`,
    ...ofModules(toTry).map((path) => `    curl ${path(shown)}`),
    '',
    colors.dim('  Ctrl-C stops everything.'),
    '',
  ].join('\n');
}

const seeded = {
  events: '15 events at 10 venues',
  users: '4 users',
  tickets: 'one event with 2 seats left',
};

// As curl has it behind its name.
const toTry: Readonly<Record<string, (at: string) => string>> = {
  events: (at) => `${at}/events`,
  users: (at) =>
    `-i ${at}/users -H 'content-type: application/json' -d '{"FullName":"Jo Doe","Email":"jo@example.com"}'`,
  tickets: (at) => `${at}/events/${demo.nearlySoldOutEventId}/tickets`,
};

function line(label: string, value: string): string {
  return `  ${colors.dim(label.padEnd(10))} ${value}`;
}
