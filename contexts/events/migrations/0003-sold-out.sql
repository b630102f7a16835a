-- Since when events are sold out, as told by tickets. No reference: an event may be announced, or move here, later.
create table events.sold_out (
  event_id uuid primary key,
  sold_out_at timestamptz not null
);

create table events.inbox (
  message_id uuid primary key,
  received_at timestamptz not null default now()
);

create index inbox_by_time on events.inbox (received_at);
