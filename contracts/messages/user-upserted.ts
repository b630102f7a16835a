import { type Static, Type } from 'typebox';

/** A user was registered or changed. */
export const UserUpserted = Type.Object(
  { id: Type.String({ format: 'uuid' }), fullName: Type.String(), email: Type.String() },
  { title: 'UserUpserted' },
);

export type UserUpserted = Static<typeof UserUpserted>;
