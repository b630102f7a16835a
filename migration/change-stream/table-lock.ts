import { setTimeout as delay } from 'node:timers/promises';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { lockBriefly } from './store.ts';

const lockAttempts = 30;

/**
 * Runs `work`, which takes the lock of one table, in a short transaction: holding the lock of one while waiting for that of the
 * next would stop both. Others wait behind whoever waits, so it is waited for a second at a time, and given up after half a
 * minute with a passing error.
 */
export async function withTableLock(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<void>,
  attemptsLeft = lockAttempts,
): Promise<void> {
  try {
    await withTransaction(pool, async (client) => {
      await lockBriefly(client);
      await work(client);
    });
  } catch (error) {
    if (!isInTheWay(error) || attemptsLeft <= 1) throw error;
    await delay(100);
    await withTableLock(pool, work, attemptsLeft - 1);
  }
}

/** Somebody else holds the lock, for longer than was waited. */
export function isInTheWay(error: unknown): boolean {
  return ['55P03', '40P01'].includes((error as { code?: string }).code ?? '');
}
