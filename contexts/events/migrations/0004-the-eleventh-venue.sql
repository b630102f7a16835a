-- The stadium is the first venue that the legacy does not have.
alter table events.events drop constraint events_venue_check;
alter table events.events add constraint events_venue_check check (venue between 0 and 10);
