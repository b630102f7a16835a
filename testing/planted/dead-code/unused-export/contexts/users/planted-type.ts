export const used = 1;
export type Planted = 2;
