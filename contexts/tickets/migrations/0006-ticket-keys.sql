-- The Ed25519 keys that sign tickets. The newest signs; all are published, since tickets that an older one signed stay
-- valid. Whoever deletes a key takes back every ticket that it signed.
create table tickets.signing_keys (
  id text primary key check (
    id = rtrim(translate(encode(substring(sha256(public_key) from 1 for 8), 'base64'), '+/', '-_'), '=')
  ),
  -- PKCS #8, DER. Who can read it can make tickets.
  private_key bytea not null,
  public_key bytea not null check (octet_length(public_key) = 32),
  created_at timestamptz not null unique
);
