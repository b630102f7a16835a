import { brokerMigrations, createEmbeddedAdmin } from '@ticketbuddy/messaging';
import { createRabbitAdmin } from '@ticketbuddy/messaging/rabbitmq';
import { migrate } from '@ticketbuddy/postgres';
import { type Deps, type Module, startModules, systemClock } from '@ticketbuddy/runtime';
import type { Context } from './context.ts';
import { messagesHandled } from './messages-handled.ts';
import { everyModule } from './modules.ts';
import { openDatabase } from './open-database.ts';
import type { Terminal } from './terminal.ts';

type Added = { readonly name: string; readonly count: number };

/**
 * Adds the demo data that is missing and says how much that was. The loops of the modules run meanwhile, since seats
 * follow their event by message; beside a running shop they share its work.
 */
export async function seed({ config, terminal }: Context): Promise<number> {
  const modules = everyModule.filter(({ name }) => config.modules.includes(name));
  await using database = await openDatabase({ config, terminal });
  const { pool, url } = database;
  terminal.status('Bringing the tables up to date');
  await migrate(pool, [brokerMigrations, ...modules.map(({ migrations }) => migrations)]);
  await using stack = new AsyncDisposableStack();
  const log = logTo(terminal);
  const { amqpUrl } = config;
  const { deps, stop } = await startModules({ modules, everyModule, pool, url, amqpUrl, clock: systemClock, log });
  stack.defer(stop);
  const admin = amqpUrl === undefined ? createEmbeddedAdmin(pool) : createRabbitAdmin({ url: amqpUrl });
  stack.defer(() => admin.close());
  const since = deps.clock.now();
  const added = await seedAll(modules, deps, terminal);
  await messagesHandled({ pool, modules, deps, admin, since });
  terminal.print(report(added, terminal));
  return 0;
}

function logTo(terminal: Terminal) {
  const complain = ({ err }: { readonly err?: unknown }, message: string) =>
    terminal.complain(err instanceof Error ? `${message}: ${err.message}` : message);
  return { warn: complain, error: complain };
}

async function seedAll(modules: readonly Module[], deps: Deps<never>, { status, interrupted }: Terminal) {
  const added: Added[] = [];
  for (const { name, seed } of modules) {
    interrupted.throwIfAborted();
    status(`Adding the demo data of ${name}`);
    added.push({ name, count: await seed(deps) });
  }
  return added;
}

function report(added: readonly Added[], { colors }: Terminal): string {
  if (added.every(({ count }) => count === 0)) return 'Everything was there already.';
  const width = Math.max(...added.map(({ name }) => name.length));
  return added.map(({ name, count }) => `${name.padEnd(width)}  ${colors.bold(count)} added`).join('\n');
}
