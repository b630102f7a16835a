-- What the legacy has stored and never told is told for it, as it tells: without a version, so that the time of sending decides.
alter table events.outbox alter column version drop not null;
