-- Messages of the legacy carry no version: between one with and one without, the time at which they were sent decides.
alter table tickets.events alter column version drop not null;
alter table tickets.events add column sent_at timestamptz not null default 'epoch';
alter table tickets.events alter column sent_at drop default;
