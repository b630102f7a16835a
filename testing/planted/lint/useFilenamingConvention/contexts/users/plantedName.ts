export const seat = 1;
