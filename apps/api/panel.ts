import type { Config } from '@ticketbuddy/config';
import { demo } from '@ticketbuddy/contracts';
import colors from 'picocolors';
import type { Shop } from './shop.ts';

/** What a person needs to know once the shop runs: where it is, what is in it, what to try. */
export function panel(config: Config, { url }: Shop, startedInMs: number): string {
  const shown = url.replace('0.0.0.0', 'localhost');
  const tickets = `${shown}/events/${demo.nearlySoldOutEventId}/tickets`;
  return [
    '',
    `  ${colors.bold(colors.green('TicketBuddy is selling'))} ${colors.dim(`(${config.modules.join(', ')}; ready in ${(startedInMs / 1000).toFixed(1)} s)`)}`,
    '',
    line('Shop', shown),
    line('API', `${shown}/docs  ·  ${shown}/openapi.json`),
    line('Health', `${shown}/health`),
    line('Database', config.databaseUrl === undefined ? `embedded PostgreSQL in ${config.dataFolder}` : 'DATABASE_URL'),
    line('Access', colors.yellow('anonymous: nobody is asked who they are until identity is built')),
    line('Demo data', config.seed ? '15 events at 10 venues, 4 users, one event with 2 seats left' : 'off'),
    '',
    `  ${colors.bold('Try')}`,
    `    curl ${shown}/events`,
    `    curl ${tickets}`,
    `    curl -i ${shown}/users -H 'content-type: application/json' -d '{"FullName":"Jo Doe","Email":"jo@example.com"}'`,
    '',
    colors.dim('  Ctrl-C stops everything.'),
    '',
  ].join('\n');
}

function line(label: string, value: string): string {
  return `  ${colors.dim(label.padEnd(10))} ${value}`;
}
