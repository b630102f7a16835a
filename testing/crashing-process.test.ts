import { expect, test } from 'vitest';
import { CrashingProcess } from './crashing-process.ts';
import { createTestDatabase } from './database.ts';

test('a process that is killed while it waits for a connection keeps none', async () => {
  const { pool, drop } = await createTestDatabase(1);
  const onlyOne = await pool.connect();
  const process = new CrashingProcess(pool);
  const connecting = process.pool.connect();
  await process.end();
  onlyOne.release();
  await expect(connecting).rejects.toThrow('killed');
  expect(pool.idleCount).toBe(1);
  await drop();
});
