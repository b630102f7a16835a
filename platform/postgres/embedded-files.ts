import { join } from 'node:path';

/** Where everything of the embedded server lies in a data folder. */
export type DataFiles = {
  readonly folder: string;
  /** PostgreSQL's own data directory; it exists only whole, because it is initialised elsewhere and renamed. */
  readonly data: string;
  /** What a directory that is being initialised is called, followed by random letters. */
  readonly stagingPrefix: string;
  readonly password: string;
  readonly log: string;
  readonly pidFile: string;
};

export function dataFiles(folder: string): DataFiles {
  const data = join(folder, 'postgres');
  return {
    folder,
    data,
    stagingPrefix: join(folder, 'postgres.init-'),
    password: join(folder, 'postgres.password'),
    log: join(folder, 'postgres.log'),
    pidFile: join(data, 'postmaster.pid'),
  };
}
