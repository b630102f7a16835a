export interface DB {
  users: { id: string };
}
