declare const sql: (text: TemplateStringsArray) => unknown;

export const planted = sql`now()`;
