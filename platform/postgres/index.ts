export { createDatabase, type Database, type Transact } from './database.ts';
export { DataFolderTaken, findEmbedded, startEmbedded } from './embedded.ts';
export { type Migrations, migrate } from './migrations.ts';
export { type Notifications, PostgresNotifications } from './notifications.ts';
export { createPool } from './pool.ts';
export { openServer } from './server.ts';
export { brokenConstraint, isTransient } from './transient.ts';
