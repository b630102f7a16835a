-- What is parked is counted often, by the gauges, and must not cost a look at everything that waits.
create index messages_parked on broker.messages (queue, parked_at) where parked_at is not null;
