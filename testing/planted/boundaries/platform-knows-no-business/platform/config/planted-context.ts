import { usersModule } from '@ticketbuddy/users';

export const planted = usersModule;
