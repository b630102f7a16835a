// An entry of its own: a process without RabbitMQ does not load its client.
export { createRabbitAdmin } from './rabbitmq-admin.ts';
export { createRabbitBroker } from './rabbitmq-broker.ts';
