import type { UserType } from '@ticketbuddy/contracts';
import { emailEmpty, emailInvalid, nameEmpty, nameNotAlphabetical } from './refusals.ts';

export type User = {
  readonly id: string;
  readonly fullName: string;
  readonly email: string;
  readonly userType: UserType;
  /** 1 when registered, one more with each change. */
  readonly version: number;
};

/** What a caller says of a user; each member may be missing. */
export type Details = { readonly fullName: string | undefined; readonly email: string | undefined };

export type Registration = Details & { readonly userType: UserType | undefined };

// Letters and white space as .NET sees them: `k` has a third form, the Kelvin sign.
const alphabetical = /^[A-Za-z\u212A\t-\r\x85\p{Z}]*$/u;
const neverInAddress = /[\0\t-\r\x85\p{Z}]/u;

/** Throws unless `name` can be a user's name; judged as soon as it is read. */
export function judgeFullName(name: string): void {
  if (name === '') throw nameEmpty();
  if (!alphabetical.test(name)) throw nameNotAlphabetical();
}

/** Throws unless `email` looks like an address; judged as soon as it is read. */
export function judgeEmail(email: string): void {
  if (email === '') throw emailEmpty();
  if (!isAddress(email)) throw emailInvalid();
}

// The legacy's `^[^@\s]+@[^@\s]+\.[^@\s]+$`, without its backtracking: that took minutes over a long enough text.
function isAddress(email: string): boolean {
  const at = email.indexOf('@');
  if (at < 1 || at !== email.lastIndexOf('@') || neverInAddress.test(email)) return false;
  return email.slice(at + 2, -1).includes('.');
}
