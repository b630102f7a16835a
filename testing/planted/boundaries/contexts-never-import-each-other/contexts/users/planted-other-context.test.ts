import '@ticketbuddy/events';
