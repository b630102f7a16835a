-- Messages of the legacy carry no version.
alter table broker.messages alter column version drop not null;
