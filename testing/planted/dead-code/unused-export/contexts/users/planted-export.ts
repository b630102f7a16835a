export const used = 1;
export const planted = 2;
