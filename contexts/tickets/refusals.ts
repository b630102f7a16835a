import { refusal } from '@ticketbuddy/errors';

export const seatsHeld = () => refusal('seats_held');
export const seatsUnknown = () => refusal('seats_unknown');
export const seatsSold = () => refusal('seats_sold');
