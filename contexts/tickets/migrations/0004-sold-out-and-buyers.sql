create table tickets.outbox (
  position bigint generated always as identity primary key,
  message_id uuid not null unique,
  urn text not null,
  key text not null,
  version bigint not null,
  sent_at timestamptz not null,
  body json not null,
  published_at timestamptz,
  traceparent text
);

create index outbox_waiting on tickets.outbox (position) where published_at is null;
create index outbox_published on tickets.outbox (position, published_at) where published_at is not null;

-- What tickets knows of users, kept current by messages. A published fact is taken as it is: nothing is judged again.
create table tickets.buyers (
  id uuid primary key,
  full_name text not null,
  email text not null,
  version bigint,
  sent_at timestamptz not null
);

-- Every seat below `first_unsold` is sold, and it is null when all are. It only moves on when its own seat was sold, so
-- all looks for the last seat together pass each seat of the event once, and no index has to follow the sales.
alter table tickets.events
  add column first_unsold int default 1,
  add column sold_out_at timestamptz,
  -- How often the event has become sold out, which orders what is told of it.
  add column sold_out_version bigint not null default 0;

update tickets.events as e
set first_unsold = null, sold_out_at = all_sold.at, sold_out_version = 1
from (
  select event_id, max(sold_at) as at from tickets.seats group by event_id having bool_and(owner_id is not null)
) as all_sold
where all_sold.event_id = e.id;

insert into tickets.outbox (message_id, urn, key, version, sent_at, body)
select gen_random_uuid(), 'urn:message:Integration.Tickets.Messaging.Messages:EventSoldOut', id, sold_out_version,
  sold_out_at, json_build_object('eventId', id)
from tickets.events where sold_out_at is not null;

alter table tickets.events
  add constraint sold_out_without_a_seat_left check ((sold_out_at is null) = (first_unsold is not null));
