-- A sold seat kept its buyer and its price, but could become another seat (number, id, event), or go with all seats at
-- once; and an unsold one could be renumbered beyond the capacity.
drop trigger a_sold_seat_keeps_its_buyer_and_price on tickets.seats;

create trigger a_sold_seat_keeps_its_buyer_and_price
before update of event_id, number, id, owner_id, price_pence, holder_id on tickets.seats for each row
when (old.owner_id is not null and (new.event_id, new.number, new.id, new.owner_id, new.price_pence)
  is distinct from (old.event_id, old.number, old.id, old.owner_id, old.price_pence))
execute function tickets.refuse_change('a sold seat keeps its buyer and its price');

create trigger a_sold_seat_is_not_swept_away before truncate on tickets.seats
for each statement execute function tickets.refuse_change('sold seats stay, so seats are never truncated');

drop trigger no_seat_beyond_the_capacity on tickets.seats;

create trigger no_seat_beyond_the_capacity before insert or update of event_id, number on tickets.seats for each row
execute function tickets.refuse_beyond_capacity();
