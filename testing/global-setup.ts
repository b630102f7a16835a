import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsModule } from '@ticketbuddy/events';
import { installJobs } from '@ticketbuddy/jobs';
import { brokerMigrations } from '@ticketbuddy/messaging';
import { createPool, migrate, startEmbedded } from '@ticketbuddy/postgres';
import { ticketsModule } from '@ticketbuddy/tickets';
import { usersModule } from '@ticketbuddy/users';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { memoryFolder } from './memory-folder.ts';
import { shareRabbitMq } from './shared-rabbitmq.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A database with every table and no rows, to be copied. */
    readonly templateUrl: string;
    /** Where a virtual host of the shared RabbitMQ is to be had. */
    readonly virtualHostsUrl: string;
  }
}

/** One PostgreSQL and one RabbitMQ for all tests; what a test commits need not survive a crash of the machine, so it does not wait for the disk. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Before the workers are started, who inherit it.
  process.env.TMPDIR = memoryFolder();
  const dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-test-'));
  // Slots belong to the server, and each takeover has two of them.
  const settings = { fsync: 'off', max_connections: '300', max_replication_slots: '100', max_wal_senders: '100' };
  const server = await startEmbedded({ dataFolder, settings });
  const templateUrl = server.url.replace(/\/[^/]*$/, '/template');
  await createTemplate(server.url, templateUrl);
  project.provide('templateUrl', templateUrl);
  const rabbitMq = await shareRabbitMq();
  project.provide('virtualHostsUrl', rabbitMq.url);
  return async () => {
    await Promise.all([rabbitMq.stop(), server.stop()]);
    await rm(dataFolder, { recursive: true, force: true });
  };
}

async function createTemplate(serverUrl: string, templateUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query('create database template');
  await client.end();
  const pool = createPool({ url: templateUrl, connections: 1 });
  await migrate(pool, [
    brokerMigrations,
    ...[eventsModule, usersModule, ticketsModule].map(({ migrations }) => migrations),
  ]);
  await installJobs(pool);
  await pool.end();
}
