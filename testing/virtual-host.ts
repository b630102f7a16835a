import { inject } from 'vitest';
import { type Address, type VirtualHost, virtualHostAt } from './rabbitmq.ts';

/**
 * An empty virtual host for the caller alone, on the RabbitMQ that all tests of a run share. Nobody has to give it back.
 * A test that stops the server, or changes what is true for all of it, starts one of its own.
 */
export async function aVirtualHost(): Promise<VirtualHost> {
  const answer = await fetch(inject('virtualHostsUrl'));
  if (!answer.ok) throw new Error(`There is no RabbitMQ for this test: ${await answer.text()}`);
  return virtualHostAt((await answer.json()) as Address);
}
