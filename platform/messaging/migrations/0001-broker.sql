-- The embedded broker: what waits in which queue, and which message types lead into it.

create table broker.bindings (
  urn text not null,
  queue text not null,
  primary key (urn, queue)
);

create table broker.messages (
  position bigint generated always as identity primary key,
  queue text not null,
  message_id uuid not null,
  urn text not null,
  key text not null,
  version bigint not null,
  sent_at timestamptz not null,
  body json not null,
  attempts int not null default 0,
  visible_at timestamptz not null default now(),
  parked_at timestamptz,
  reason text
);

create index messages_waiting on broker.messages (queue, position) where parked_at is null;
create index messages_by_key on broker.messages (queue, key, position) where parked_at is null;
