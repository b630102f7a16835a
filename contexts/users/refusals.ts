import { refusal } from '@ticketbuddy/errors';

export const nameEmpty = () => refusal('name_empty');
export const nameNotAlphabetical = () => refusal('name_not_alphabetical');
export const emailEmpty = () => refusal('email_empty');
export const emailInvalid = () => refusal('email_invalid');
export const emailTaken = () => refusal('email_taken');
export const userUnknown = () => refusal('user_unknown');
