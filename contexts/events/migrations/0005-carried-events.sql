-- Rows that came from the legacy may break the rules: they are carried as they are and marked, and the rules bind the
-- others. A write through the API has to satisfy the rules, and takes the mark away.

-- As before; and an event that ends before it starts takes nothing, one without end all that comes.
create or replace function events.occupied(starts_at timestamptz, ends_at timestamptz) returns int8range
language sql immutable strict parallel safe
return case
  when starts_at > ends_at or starts_at = 'infinity' or ends_at = '-infinity' then 'empty'::int8range
  when starts_at = ends_at and isfinite(starts_at) then int8range(
    (extract(epoch from starts_at) * 4000000)::bigint - 1, (extract(epoch from starts_at) * 4000000)::bigint + 1, '[]')
  else int8range(
    case when isfinite(starts_at) then (extract(epoch from starts_at) * 4000000)::bigint + 1 end,
    case when isfinite(ends_at) then (extract(epoch from ends_at) * 4000000)::bigint - 1 end, '[]')
end;

-- Null counts as no.
create function events.is_sound(name text, starts_at timestamptz, ends_at timestamptz, venue int, price_pence bigint) returns bool
language sql immutable parallel safe
return coalesce(name <> '' and ends_at >= starts_at and venue between 0 and 10 and price_pence between 0 and 100000000, false);

alter table events.events
  drop constraint events_name_check,
  drop constraint events_check,
  drop constraint events_venue_check,
  drop constraint events_price_pence_check,
  drop constraint one_event_at_a_time,
  alter column venue type int,
  alter column price_pence drop not null,
  add column carried bool not null default false,
  add constraint sound_unless_carried check (carried or events.is_sound(name, starts_at, ends_at, venue, price_pence)),
  add constraint one_event_at_a_time exclude using gist (venue with =, events.occupied(starts_at, ends_at) with &&)
    where (not carried);

create index carried_events on events.events (venue) where carried;

-- Whoever carries a row over says that it is carried; the mark stays on those that need it.
create function events.mark_carried() returns trigger
language plpgsql as $$
begin
  new.carried := not events.is_sound(new.name, new.starts_at, new.ends_at, new.venue, new.price_pence) or exists (
    select from events.events as other
    where not other.carried and other.venue = new.venue and other.id <> new.id
      and events.occupied(other.starts_at, other.ends_at) && events.occupied(new.starts_at, new.ends_at));
  return new;
end $$;

create trigger mark_carried before insert or update on events.events
for each row when (new.carried) execute function events.mark_carried();
