import { Type } from 'typebox';

/** A rule was broken, or something failed: what the legacy answers with 400 and 500. */
export const Failure = Type.Object({ Message: Type.String(), Errors: Type.Array(Type.String()) }, { title: 'Failure' });

/** A request that cannot be bound, or names what is not there (RFC 9457, as ASP.NET Core writes it). */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    errors: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
    traceId: Type.String(),
  },
  { title: 'Problem' },
);
