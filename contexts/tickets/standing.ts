/** At which version an event is, and what no seat tells of it. */
export type Standing = {
  readonly eventId: string;
  readonly version: number;
  /** Whether the box office chooses seats so that no single one is left. */
  readonly leaveNoSingle: boolean;
};

/** An event of a batch, and what the batch does to it if it is still at this version. */
export type Fenced = Standing & {
  /** Whether its seats change. */
  readonly moves: boolean;
  readonly sold: number;
};

/** An event that has become sold out, for the `version`th time. */
export type SoldOut = { readonly eventId: string; readonly version: number };
