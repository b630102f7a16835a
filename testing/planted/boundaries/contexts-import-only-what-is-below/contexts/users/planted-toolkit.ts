export { planted } from '@ticketbuddy/toolkit-for-a-context';
