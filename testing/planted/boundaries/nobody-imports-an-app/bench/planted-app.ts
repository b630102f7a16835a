export { planted } from '@ticketbuddy/imported-app';
