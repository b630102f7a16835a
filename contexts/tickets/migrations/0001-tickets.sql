-- What tickets knows of events, kept current by messages.
create table tickets.events (
  id uuid primary key,
  name text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  venue smallint not null,
  capacity int not null check (capacity > 0),
  price_pence bigint not null check (price_pence >= 0),
  version bigint not null
);

create table tickets.seats (
  event_id uuid not null references tickets.events,
  number int not null check (number > 0),
  id uuid not null,
  price_pence bigint not null check (price_pence >= 0),
  holder_id uuid,
  held_until timestamptz,
  owner_id uuid,
  sold_at timestamptz,
  primary key (event_id, number),
  unique (event_id, id),
  constraint a_hold_has_an_end check ((holder_id is null) = (held_until is null)),
  constraint a_sale_has_a_time check ((owner_id is null) = (sold_at is null)),
  constraint a_sale_ends_the_hold check (owner_id is null or holder_id is null)
) with (fillfactor = 70);

create function tickets.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation', constraint = tg_name;
end $$;

create trigger a_sold_seat_keeps_its_buyer_and_price
before update of owner_id, price_pence, holder_id on tickets.seats for each row
when (old.owner_id is not null and (new.owner_id, new.price_pence) is distinct from (old.owner_id, old.price_pence))
execute function tickets.refuse_change('a sold seat keeps its buyer and its price');

create trigger a_sold_seat_stays
before delete on tickets.seats for each row when (old.owner_id is not null)
execute function tickets.refuse_change('a sold seat keeps its buyer and its price');

create function tickets.refuse_beyond_capacity() returns trigger language plpgsql as $$
begin
  if new.number > (select capacity from tickets.events where id = new.event_id) then
    raise exception 'seat % is beyond the capacity of event %', new.number, new.event_id
      using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;

create trigger no_seat_beyond_the_capacity before insert on tickets.seats for each row
execute function tickets.refuse_beyond_capacity();

-- Every transition of seats, one row a request, never changed: the seats can be rebuilt from it.
create table tickets.ledger (
  position bigint generated always as identity primary key,
  event_id uuid not null,
  kind text not null check (kind in ('created', 'priced', 'held', 'sold')),
  numbers int[] not null,
  seat_ids uuid[] check ((kind = 'created') = (seat_ids is not null)),
  price_pence bigint check ((kind in ('created', 'priced')) = (price_pence is not null)),
  user_id uuid check ((kind in ('held', 'sold')) = (user_id is not null)),
  held_until timestamptz check ((kind = 'held') = (held_until is not null)),
  at timestamptz not null
);

create index ledger_by_event on tickets.ledger (event_id, position);

create trigger the_ledger_is_append_only before update or delete or truncate on tickets.ledger
for each statement execute function tickets.refuse_change('the ledger is append-only');

create table tickets.inbox (
  message_id uuid primary key,
  received_at timestamptz not null default now()
);

create index inbox_by_time on tickets.inbox (received_at);
