import { type Static, Type } from 'typebox';

/**
 * Somebody has registered with the identity provider: JSON without an envelope, with more members than these. The type
 * is a name of our own for it.
 */
export const UserRegistered = Type.Object(
  {
    userId: Type.String({ format: 'uuid' }),
    details: Type.Object({ first_name: Type.String(), last_name: Type.String(), email: Type.String() }),
  },
  { title: 'UserRegistered' },
);

export type UserRegistered = Static<typeof UserRegistered>;

/** Where the identity provider publishes it. */
export const userRegisteredSource = {
  urn: 'urn:message:IdentityProvider:UserRegistered',
  exchange: 'amq.topic',
  routingKey: 'KK.EVENT.CLIENT.ticketbuddy.SUCCESS.ticketbuddy-ui.REGISTER',
} as const;
