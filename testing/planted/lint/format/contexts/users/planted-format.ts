export const seat = "A1"
