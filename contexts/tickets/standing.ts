/** At which version the seats of an event are. */
export type Standing = { readonly eventId: string; readonly version: number };

/** An event of a batch, and what the batch does to it if it is still at this version. */
export type Fenced = Standing & {
  /** Whether its seats change. */
  readonly moves: boolean;
  readonly sold: number;
};

/** An event that has become sold out, for the `version`th time. */
export type SoldOut = { readonly eventId: string; readonly version: number };
