import { eventsModule } from '@ticketbuddy/events';

export const planted = eventsModule;
