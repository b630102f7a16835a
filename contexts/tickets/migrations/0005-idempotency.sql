-- What was decided on a request that carries an Idempotency-Key, written in the transaction that decided it: there is
-- no record without its change and no change without its record. The same key with the same request gets the same
-- answer; with another request it is refused. Kept for 24 hours.
create table tickets.idempotency (
  -- Whose key it is and for what: the use case and the user. Two users may choose the same key.
  scope text not null check (scope <> ''),
  key text not null check (length(key) between 1 and 255),
  -- SHA-256 of everything that the decision depends on.
  request_hash bytea not null check (octet_length(request_hash) = 32),
  -- Null: it was granted.
  refused_code text,
  refused_text text,
  created_at timestamptz not null,
  primary key (scope, key),
  check ((refused_code is null) = (refused_text is null))
);

create index idempotency_by_time on tickets.idempotency (created_at);
