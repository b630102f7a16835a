import type { eventsModule } from '@ticketbuddy/events';

export type Planted = typeof eventsModule;
