create table users.users (
  id uuid primary key,
  full_name text not null check (full_name <> ''),
  email text not null check (email <> ''),
  user_type smallint not null check (user_type between 0 and 1),
  version bigint not null default 1,
  -- By hash, since an address may be longer than a B-tree's entries.
  constraint one_user_per_email exclude using hash (lower(email) with =)
);

create table users.outbox (
  position bigint generated always as identity primary key,
  message_id uuid not null unique,
  urn text not null,
  key text not null,
  version bigint not null,
  sent_at timestamptz not null,
  body json not null,
  published_at timestamptz
);

create index outbox_waiting on users.outbox (position) where published_at is null;
create index outbox_published on users.outbox (position, published_at) where published_at is not null;
