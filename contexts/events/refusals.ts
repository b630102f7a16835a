import { refusal } from '@ticketbuddy/errors';

export const nameEmpty = () => refusal('name_empty');
export const nameNotAlphanumerical = () => refusal('name_not_alphanumerical');
export const eventUnknown = (id: string) => refusal('event_unknown', id);
export const inThePast = () => refusal('event_in_the_past');
export const endsBeforeStart = () => refusal('event_ends_before_start');
export const priceEmpty = () => refusal('price_empty');
export const priceNegative = () => refusal('price_negative');
export const priceTooLarge = () => refusal('price_too_large');
export const venueEmpty = () => refusal('venue_empty');
export const venueUnavailable = () => refusal('venue_unavailable');
