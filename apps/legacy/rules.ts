import { refusal } from '@ticketbuddy/errors';

type Times = { readonly startsAt: Temporal.Instant; readonly endsAt: Temporal.Instant };

// White space as .NET sees it; without case, `k` has a third form, the Kelvin sign.
const alphanumerical = /^[A-Za-z0-9\u212A\t-\r\x85\p{Z}]*$/u;
const alphabetical = /^[A-Za-z\u212A\t-\r\x85\p{Z}]*$/u;
const neverInAddress = /[\t-\r\x85\p{Z}]/u;

export function judgeEventName(name: string): void {
  if (name === '') throw refusal('name_empty');
  if (!alphanumerical.test(name)) throw refusal('name_not_alphanumerical');
}

export function judgeFullName(name: string): void {
  if (name === '') throw refusal('name_empty');
  if (!alphabetical.test(name)) throw refusal('name_not_alphabetical');
}

export function judgeEmail(email: string): void {
  if (email === '') throw refusal('email_empty');
  if (!isAddress(email)) throw refusal('email_invalid');
}

/** A new event's dates. */
export function judgeDates({ startsAt, endsAt }: Times, now: Temporal.Instant): void {
  if (isBefore(startsAt, now)) throw refusal('event_in_the_past');
  if (isBefore(endsAt, startsAt)) throw refusal('event_ends_before_start');
}

/** The dates of an event that is known already. */
export function judgeNewDates(times: Times, now: Temporal.Instant): void {
  if (isBefore(times.endsAt, now)) throw refusal('event_in_the_past');
  judgeDates(times, now);
}

/** Touching ends are allowed, except that an event without length blocks what touches it. */
export function overlap(one: Times, other: Times): boolean {
  if (one.startsAt.equals(other.startsAt) || one.endsAt.equals(other.endsAt)) return true;
  return isBefore(one.startsAt, other.endsAt) && isBefore(other.startsAt, one.endsAt);
}

// `^[^@\s]+@[^@\s]+\.[^@\s]+$`, where .NET's `$` also stands before a last line break.
function isAddress(email: string): boolean {
  const line = email.endsWith('\n') ? email.slice(0, -1) : email;
  const at = line.indexOf('@');
  if (at < 1 || at !== line.lastIndexOf('@') || neverInAddress.test(line)) return false;
  return line.slice(at + 2, -1).includes('.');
}

function isBefore(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return Temporal.Instant.compare(one, other) < 0;
}
