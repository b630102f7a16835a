-- The trace (W3C `traceparent`) of what published the message, for its consumer to go on with.
alter table broker.messages add column traceparent text;
