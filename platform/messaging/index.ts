export { type Consumer, once } from './consumer.ts';
export { brokerMigrations, createEmbeddedBroker } from './embedded-broker.ts';
export { pruneInbox } from './inbox.ts';
export { type Loop, repeat } from './loop.ts';
export { readMembers } from './masstransit/members.ts';
export type { Broker, BrokerReport, Message, Subscription } from './message.ts';
export { addToOutbox, outboxChannel } from './outbox.ts';
export { createRabbitBroker } from './rabbitmq-broker.ts';
export { pruneOutbox, relayPass } from './relay.ts';
