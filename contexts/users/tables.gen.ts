import type { ColumnType } from 'kysely';
type Generated<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
type Int8 = ColumnType<number, number, number>;
export interface Users { email: string; full_name: string; id: string; user_type: number; version: Generated<Int8>; }
export interface DB { users: Users; }
