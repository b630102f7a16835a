/**
 * Every expected no of the product: a code for programs and the text that v1 answers, as the legacy worded it.
 * `{id}` stands for the id that the caller named.
 */
export const refusalTexts = {
  name_empty: 'Name cannot be empty',
  name_not_alphanumerical: 'Name can only have alphanumerical characters',
  name_not_alphabetical: 'Name can only have alphabetical characters',
  event_unknown: 'Event with id {id} not found',
  event_in_the_past: 'Event date cannot be in the past',
  event_ends_before_start: 'End date cannot be before start date',
  price_empty: 'Price cannot be empty',
  price_negative: 'Price cannot be negative',
  price_too_large: 'Price is too large',
  venue_empty: 'Venue cannot be empty',
  venue_unavailable: 'Venue is not available at the selected time',
  email_empty: 'Email cannot be empty',
  email_invalid: 'Email must be valid',
  email_taken: 'Email already exists',
  user_unknown: 'User does not exist',
  seats_held: 'Tickets already reserved',
  seats_unknown: 'One or more tickets do not exist',
  seats_sold: 'Tickets are not available',
} as const;

export type RefusalCode = keyof typeof refusalTexts;
