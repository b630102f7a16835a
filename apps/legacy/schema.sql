create schema if not exists "Event";
create schema if not exists "Ticket";
create schema if not exists "User";

create table if not exists "Event"."EventVenues" (
  "Id" integer primary key,
  "Name" text not null,
  "Capacity" integer not null
);

create table if not exists "Event"."Events" (
  "Id" uuid primary key,
  "EventName" text not null,
  "StartDate" timestamp with time zone not null default current_timestamp,
  "Venue" integer not null,
  "EndDate" timestamp with time zone not null,
  "Price" numeric(18, 2)
);

create table if not exists "Ticket"."EventVenues" (
  "Id" integer primary key,
  "Name" text not null,
  "Capacity" integer not null
);

create table if not exists "Ticket"."Events" (
  "Id" uuid primary key,
  "EventName" text not null,
  "StartDate" timestamp with time zone,
  "EndDate" timestamp with time zone,
  "Venue" integer not null,
  "Price" numeric(18, 2)
);

create table if not exists "Ticket"."Tickets" (
  "Id" uuid primary key,
  "EventId" uuid not null,
  "Price" numeric not null,
  "SeatNumber" integer,
  "UserId" uuid,
  "PurchasedAt" timestamp with time zone
);

create table if not exists "Ticket"."Users" (
  "Id" uuid primary key,
  "FullName" text not null,
  "Email" text not null
);

create table if not exists "User"."Users" (
  "Id" uuid primary key,
  "FullName" text not null,
  "Email" text not null,
  "UserType" integer not null
);

create table if not exists public.schemaversions (
  schemaversionsid serial primary key,
  scriptname character varying(255) not null,
  applied timestamp without time zone not null
);

insert into "Event"."EventVenues" ("Id", "Name", "Capacity") values
  (0, 'The O2 Arena, London', 10),
  (1, 'Wembley Stadium, London', 11),
  (2, 'Manchester Arena', 12),
  (3, 'Utilita Arena, Birmingham', 13),
  (4, 'The SSE Hydro, Glasgow', 14),
  (5, 'First Direct Arena, Leeds', 15),
  (6, 'Principality Stadium, Cardiff', 16),
  (7, 'Emirates Old Trafford, Manchester', 17),
  (8, 'Royal Albert Hall, London', 18),
  (9, 'Roundhouse, London', 20)
on conflict do nothing;

insert into "Ticket"."EventVenues" select * from "Event"."EventVenues" on conflict do nothing;
