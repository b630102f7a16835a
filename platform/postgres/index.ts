export { DataFolderTaken, findEmbedded, startEmbedded } from './embedded.ts';
export { groupCommit, type Pace, realPace } from './group-commit.ts';
export { type Migrations, migrate } from './migrations.ts';
export { type Notifications, PostgresNotifications } from './notifications.ts';
export { allowSilence, createPool } from './pool.ts';
export { poolGauges } from './pool-gauges.ts';
export { openServer, reach } from './server.ts';
export { brokenConstraint, CommitUnknown, committing, isFenced, isTransient } from './transient.ts';
export { withLock, withTransaction } from './with-transaction.ts';
