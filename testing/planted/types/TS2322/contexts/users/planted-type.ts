export const seats: number = 'four';
