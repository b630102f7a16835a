/** All that is ours in either database is in this schema, but for what belongs to a stream. */
export const schema = 'ticketbuddy_migration';
