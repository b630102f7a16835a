-- The few messages that failed and are tried again, behind which those of their keys wait. The index of all waiting
-- messages by key, which this was looked up in before, had to be written for every message.
create index messages_failed on broker.messages (queue) where parked_at is null and reason is not null;
drop index broker.messages_by_key;
