-- One row an event, which everybody who changes its seats changes too, in the same transaction: the fence of the sale.
-- A process that decides from its own memory writes only if `version` is still the one that it decided at.
create table tickets.sales (
  event_id uuid primary key references tickets.events,
  -- One more with each change of the event's seats. It begins with the microsecond at which the seats were made, so that
  -- an event that is made again under the same id is never taken for the one before.
  version bigint not null check (version > 0),
  unsold int not null check (unsold >= 0),
  sold_out_at timestamptz,
  -- How often the event has become sold out, which orders what is told of it.
  sold_out_version bigint not null default 0,
  -- How the box office chooses seats: rather further away than leaving a single one.
  leave_no_single bool not null default true,
  constraint sold_out_without_a_seat_left check ((unsold = 0) = (sold_out_at is not null))
) with (fillfactor = 50);

-- A hold is a matter of the ledger alone: seats change when they are sold, and a page keeps room for that, so that the
-- indexes are left alone.
drop trigger a_sold_seat_keeps_its_buyer_and_price on tickets.seats;
alter table tickets.seats
  drop constraint a_hold_has_an_end, drop constraint a_sale_ends_the_hold, drop column holder_id, drop column held_until;
alter table tickets.seats set (fillfactor = 60);
-- After the update: before it the database would lock each row once more.
create trigger a_sold_seat_keeps_its_buyer_and_price
after update of owner_id, price_pence on tickets.seats for each row
when (old.owner_id is not null and (new.owner_id, new.price_pence) is distinct from (old.owner_id, old.price_pence))
execute function tickets.refuse_change('a sold seat keeps its buyer and its price');

-- The ledger is read by event and version: everything that has happened since a version.
drop trigger the_ledger_is_append_only on tickets.ledger;
alter table tickets.ledger
  add column version bigint,
  add column nth int not null default 0,
  add column hold_id uuid,
  add column held_since timestamptz,
  add column order_id uuid,
  drop constraint ledger_kind_check,
  add constraint ledger_kind_check check (kind in ('created', 'priced', 'held', 'extended', 'released', 'sold')),
  drop constraint ledger_check2,
  drop constraint ledger_check3;
update tickets.ledger set version = position;
update tickets.ledger set hold_id = gen_random_uuid(), held_since = at where kind = 'held';
drop index tickets.ledger_by_event;
alter table tickets.ledger
  alter column version set not null,
  alter column nth drop default,
  drop constraint ledger_pkey,
  drop column position,
  add primary key (event_id, version, nth),
  add constraint a_user_is_noted check ((kind in ('created', 'priced')) = (user_id is null)),
  add constraint a_hold_is_noted check ((kind in ('held', 'extended')) = (held_until is not null)
    and (held_until is null) = (held_since is null) and (kind in ('held', 'extended', 'released')) = (hold_id is not null));
create trigger the_ledger_is_append_only before update or delete or truncate on tickets.ledger
for each statement execute function tickets.refuse_change('the ledger is append-only');

-- Who has a seat for how long: what was last done to it. The end of the hold may have come.
create view tickets.holds as
select event_id, number, user_id as holder_id, hold_id, held_since, held_until
from (
  select distinct on (l.event_id, n.number)
    l.event_id, n.number, l.kind, l.user_id, l.hold_id, l.held_since, l.held_until
  from tickets.ledger as l, unnest(l.numbers) as n (number)
  where l.kind in ('held', 'extended', 'released', 'sold')
  order by l.event_id, n.number, l.version desc, l.nth desc
) as latest
where kind in ('held', 'extended');

insert into tickets.sales (event_id, version, unsold, sold_out_at, sold_out_version)
select e.id, (select max(version) from tickets.ledger where event_id = e.id),
  (select count(*) from tickets.seats where event_id = e.id and owner_id is null), e.sold_out_at, e.sold_out_version
from tickets.events as e where exists (select from tickets.ledger where event_id = e.id);

alter table tickets.events drop constraint sold_out_without_a_seat_left, drop column first_unsold,
  drop column sold_out_at, drop column sold_out_version;

-- What a purchase ends in. Its seats are sold by the ledger's entry that names it.
create table tickets.orders (
  id uuid primary key,
  number text not null unique,
  event_id uuid not null,
  user_id uuid not null,
  numbers int[] not null check (cardinality(numbers) > 0),
  total_pence bigint not null check (total_pence >= 0),
  bought_at timestamptz not null,
  -- Where the order is among those that were signed together, and the signature; none if nobody has asked for its tickets.
  proof bytea
);

create trigger orders_stay before update or delete or truncate on tickets.orders
for each statement execute function tickets.refuse_change('an order stays as it was made');

-- What a granted attempt was answered, and the details of a refusal.
alter table tickets.idempotency add column answer json;

-- A look at the capacity for each seat would make a stadium cost seconds: one look for all seats of a statement.
drop trigger no_seat_beyond_the_capacity on tickets.seats;
drop function tickets.refuse_beyond_capacity();
create function tickets.refuse_beyond_capacity() returns trigger language plpgsql as $$
declare
  beyond record;
begin
  select s.event_id, s.number into beyond
  from changed as s join tickets.events as e on e.id = s.event_id where s.number > e.capacity limit 1;
  if found then
    raise exception 'seat % is beyond the capacity of event %', beyond.number, beyond.event_id
      using errcode = 'check_violation', constraint = 'no_seat_beyond_the_capacity';
  end if;
  return null;
end $$;
create trigger no_seat_beyond_the_capacity after insert on tickets.seats referencing new table as changed
for each statement execute function tickets.refuse_beyond_capacity();
-- A seat is never renumbered, so that nothing has to look at each update.
create trigger seats_are_never_renumbered after update of event_id, number, id on tickets.seats for each row
when ((old.event_id, old.number, old.id) is distinct from (new.event_id, new.number, new.id))
execute function tickets.refuse_change('a seat keeps its event, its number and its id');

-- Whoever changes seats has to have moved their event's sale on, in the same transaction: past it, processes would go on
-- deciding from what they remember.
create function tickets.refuse_past_the_sale() returns trigger language plpgsql as $$
begin
  if exists (
    select from (select distinct event_id from changed) as c
    where not exists (
      select from tickets.sales as s where s.event_id = c.event_id and s.xmin = pg_current_xact_id()::xid)
  ) then
    raise exception 'seats were changed without the version of their sale'
      using errcode = 'integrity_constraint_violation', constraint = tg_name;
  end if;
  return null;
end $$;
create trigger seats_change_with_their_sale after update on tickets.seats referencing new table as changed
for each statement execute function tickets.refuse_past_the_sale();
create trigger seats_go_with_their_sale after delete on tickets.seats referencing old table as changed
for each statement execute function tickets.refuse_past_the_sale();
