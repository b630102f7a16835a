/** The user types in the order of their wire numbers; a missing one means the first. */
export const userTypes = ['Customer', 'Administrator'] as const;

export type UserType = (typeof userTypes)[number];
