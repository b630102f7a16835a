import { venues } from '../contracts/venues.ts';

export const planted = venues;
