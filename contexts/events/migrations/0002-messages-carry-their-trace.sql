-- The trace (W3C `traceparent`) of the request that made the change, for the relay and the consumers to go on with.
alter table events.outbox add column traceparent text;
