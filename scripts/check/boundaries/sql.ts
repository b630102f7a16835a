import { basename } from 'node:path/posix';
import ts from 'typescript';
import type { Finding } from '../check.ts';
import { eachNode, isGenerated, isTest, lineOf } from '../sources.ts';

/** SQL in a context outside its `store.ts` (or a `store-….ts`), as text, as a builder call or as an import. */
export function findSql(source: ts.SourceFile): Finding[] {
  const file = source.fileName;
  if (!file.startsWith('contexts/') || isStore(file) || isGenerated(file) || isTest(file)) return [];
  const findings: Finding[] = [];
  eachNode(source, (node) => {
    const what = sqlIn(node);
    if (what)
      findings.push({
        rule: 'sql-only-in-the-store',
        file,
        line: lineOf(node),
        message: `${what}: SQL lives in store.ts`,
      });
  });
  return findings;
}

function isStore(file: string): boolean {
  return /^store(-[a-z0-9-]+)?[.]ts$/.test(basename(file));
}

const statement = /^\s*(select\b.+\bfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|with\s+\S+\s+as\s*[(])\b/is;
const builders = /^(selectFrom|insertInto|updateTable|deleteFrom|replaceInto|mergeInto|executeQuery)$/;

function sqlIn(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node)) return sqlImport(node);
  if (ts.isTaggedTemplateExpression(node)) return /^sql\b/.test(node.tag.getText()) ? 'a sql`…` text' : undefined;
  if (ts.isStringLiteralLike(node)) return statement.test(node.text) ? 'a statement as text' : undefined;
  if (ts.isTemplateExpression(node)) return statement.test(node.getText().slice(1)) ? 'a statement as text' : undefined;
  if (ts.isPropertyAccessExpression(node))
    return builders.test(node.name.text) ? `a ${node.name.text} call` : undefined;
  return undefined;
}

function sqlImport({ moduleSpecifier }: ts.ImportDeclaration): string | undefined {
  const specifier = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
  return /^(kysely|pg|pg-[a-z-]+)(\/|$)/.test(specifier) ? `an import of ${specifier}` : undefined;
}
