import type pg from 'pg';

/** What a process throws that is killed: nothing after it is done by that one. */
export class Killed extends Error {}

export type KilledProcess = {
  /** As the process has it. */
  pool(of: pg.Pool): pg.Pool;
  /** The statement before or after which it was killed; `undefined` while it lives. */
  readonly at: string | undefined;
};

/** A process that ends before or after its so-manyth statement: from then on it does nothing, and its connections break. */
export function killedAt(statements: number, when: 'before' | 'after'): KilledProcess {
  let left = statements;
  let at: string | undefined;
  const counted = async (text: string, run: () => Promise<unknown>): Promise<unknown> => {
    if (left <= 0) throw new Killed();
    left -= 1;
    if (left > 0) return run();
    at = `${when} ${text}`;
    if (when === 'after') await run();
    throw new Killed();
  };
  const watch = <T extends pg.Pool | pg.PoolClient>(of: T): T =>
    new Proxy(of, {
      get(object, name) {
        if (name === 'connect') return async () => watch((await (object as pg.Pool).connect()) as pg.PoolClient);
        if (name === 'release') return () => (object as pg.PoolClient).release(true);
        const member = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        if (name === 'query')
          return (...args: unknown[]) => counted(headOf(args[0]), () => member.apply(object, args) as Promise<unknown>);
        return member.bind(object);
      },
    });
  return {
    pool: watch,
    get at() {
      return at;
    },
  };
}

const shown = 60;

function headOf(query: unknown): string {
  const text = typeof query === 'string' ? query : ((query as { readonly text?: string }).text ?? 'a COPY');
  return text.trim().replace(/\s+/g, ' ').slice(0, shown);
}
