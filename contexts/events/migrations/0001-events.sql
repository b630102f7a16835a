-- The quarter-microseconds that an event takes at its venue. Events that only touch take none in common; an event
-- without length takes the moments on both sides of it, so that it is in the way of whatever touches it.
create function events.occupied(starts_at timestamptz, ends_at timestamptz) returns int8range
language sql immutable strict parallel safe
return case
  when starts_at = ends_at then int8range(
    (extract(epoch from starts_at) * 4000000)::bigint - 1, (extract(epoch from starts_at) * 4000000)::bigint + 1, '[]')
  else int8range(
    (extract(epoch from starts_at) * 4000000)::bigint + 1, (extract(epoch from ends_at) * 4000000)::bigint - 1, '[]')
end;

create extension if not exists btree_gist with schema public;

create table events.events (
  id uuid primary key,
  name text not null check (name <> ''),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at >= starts_at),
  venue smallint not null check (venue between 0 and 9),
  price_pence bigint not null check (price_pence between 0 and 100000000),
  version bigint not null default 1,
  constraint one_event_at_a_time exclude using gist (venue with =, events.occupied(starts_at, ends_at) with &&)
);

create index events_by_start on events.events (starts_at, id);

create table events.outbox (
  position bigint generated always as identity primary key,
  message_id uuid not null unique,
  urn text not null,
  key text not null,
  version bigint not null,
  sent_at timestamptz not null,
  body json not null,
  published_at timestamptz
);

create index outbox_waiting on events.outbox (position) where published_at is null;
create index outbox_published on events.outbox (position, published_at) where published_at is not null;
