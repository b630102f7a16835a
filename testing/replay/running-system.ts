import { send } from './send.ts';
import type { System } from './start-system.ts';

/** A system that somebody else has started. Throws one sentence when it cannot be reached or is not empty. */
export async function runningSystem(baseUrl: string): Promise<System> {
  for (const path of ['/users', '/events']) {
    if (!(await isEmptyList(baseUrl, path))) {
      throw new Error(
        `${baseUrl}${path} is not empty, and each recording needs an empty system: --start gives it one.`,
      );
    }
  }
  return { baseUrl, stop: async () => {} };
}

async function isEmptyList(baseUrl: string, path: string): Promise<boolean> {
  try {
    const { body } = await send(baseUrl, { method: 'GET', path, headers: {} });
    return body.trim() === '[]';
  } catch (error) {
    throw new Error(
      `${baseUrl} does not answer (${error instanceof Error ? error.message : error}); --start starts a system.`,
    );
  }
}
