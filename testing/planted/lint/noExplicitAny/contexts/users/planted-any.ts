export const seat: any = 1;
