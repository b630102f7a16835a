export { planted } from '@ticketbuddy/first-app';
