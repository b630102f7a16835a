export { describeBroker } from './broker-conformance.ts';
export {
  aMessage,
  type BrokerUnderTest,
  messagesOf,
  type Parked,
  type Surroundings,
  startTrial,
  type Trial,
} from './broker-under-test.ts';
export { type Crash, CrashingProcess } from './crashing-process.ts';
export { createTestDatabase, type TestDatabase, testDatabase } from './database.ts';
export { emptyTables } from './empty-tables.ts';
export { endInCommit } from './end-in-commit.ts';
export { FakeClock } from './fake-clock.ts';
export { type KillPoint, killPointsFolder, listKillPoints } from './kill-points.ts';
export { Killed, killedAt } from './killed-process.ts';
export {
  type MassTransitPeer,
  massTransitPeer,
  type PeerMessage,
  type PeerType,
  type Received,
} from './masstransit-peer.ts';
export { type OpenExchange, openExchange } from './open-exchange.ts';
export { startPathRouter } from './path-router.ts';
export { rabbitMqIsMissing, startRabbitMq, type TestRabbitMq, type VirtualHost } from './rabbitmq.ts';
export { connectTo } from './rabbitmq-connection.ts';
export { openLine } from './rabbitmq-line.ts';
export { loadStories, type Story } from './replay/captures.ts';
export { redisIsMissing, startRedis, type TestRedis } from './replay/redis.ts';
export { replayStory } from './replay/replay.ts';
export { type SeededRandom, seededRandom } from './seeded-random.ts';
export { SimulatedBroker } from './simulated-broker.ts';
export { openStallingProxy } from './stalling-proxy.ts';
export { subscribe } from './subscription.ts';
export { until } from './until.ts';
export { aVirtualHost } from './virtual-host.ts';
