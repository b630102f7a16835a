export function planted(db: { selectFrom(table: string): unknown }): unknown {
  return db.selectFrom('users');
}
