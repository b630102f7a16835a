/** What tickets knows of a user. */
export type Buyer = {
  readonly id: string;
  readonly fullName: string;
  readonly email: string;
  /** Of the message that told it; the legacy sends none. */
  readonly version: number | undefined;
  readonly sentAt: Temporal.Instant;
};
