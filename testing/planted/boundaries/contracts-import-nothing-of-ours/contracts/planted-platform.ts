import type { Refusal } from '@ticketbuddy/errors';

export type Planted = Refusal;
