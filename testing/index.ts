export { createTestDatabase, type TestDatabase, testDatabase } from './database.ts';
export { emptyTables } from './empty-tables.ts';
export { FakeClock } from './fake-clock.ts';
export { startPathRouter } from './path-router.ts';
export { loadStories, type Story } from './replay/captures.ts';
export { replayStory } from './replay/replay.ts';
