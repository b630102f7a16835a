import { test } from 'vitest';

export const planted = test;
