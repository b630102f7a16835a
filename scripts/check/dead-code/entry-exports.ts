import ts from 'typescript';
import type { Finding } from '../check.ts';
import { type Package, packageOf } from '../packages.ts';
import { eachNode, lineOf } from '../sources.ts';

/**
 * What a package entry exports and no other package imports; knip takes every export of an entry for used. What the
 * toolkit exports is for programs that are not here.
 */
export function findUnusedEntryExports(sources: readonly ts.SourceFile[], packages: readonly Package[]): Finding[] {
  const used = collectUses(sources, packages);
  return sources.flatMap((source) => {
    if (source.fileName.startsWith('migration/')) return [];
    const { name, entries } = packageOf(source.fileName, packages);
    const uses = used.get(name);
    if (!entries.includes(source.fileName) || uses?.has('*')) return [];
    return exportsOf(source).flatMap(([exported, node]) =>
      uses?.has(exported) ? [] : [unused(source, exported, node)],
    );
  });
}

type Uses = ReadonlyMap<string, ReadonlySet<string>>;

/** Per package the names that files of other packages import from it; `*` when one imports the whole. */
function collectUses(sources: readonly ts.SourceFile[], packages: readonly Package[]): Uses {
  const uses = new Map(packages.map(({ name }) => [name, new Set<string>()]));
  for (const source of sources) {
    const owner = packageOf(source.fileName, packages).name;
    eachNode(source, (node) => {
      const specifier = specifierOf(node);
      const name = specifier?.split('/', 2).join('/');
      if (name === undefined || name === owner) return;
      for (const imported of importedNames(node)) uses.get(name)?.add(imported);
    });
  }
  return uses;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return literal(node.arguments[0]);
  return undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function importedNames(node: ts.Node): string[] {
  const names = ts.isImportDeclaration(node)
    ? node.importClause?.namedBindings
    : ts.isExportDeclaration(node)
      ? node.exportClause
      : undefined;
  if (!names || ts.isNamespaceImport(names) || ts.isNamespaceExport(names)) return ['*'];
  return names.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function exportsOf(source: ts.SourceFile): [name: string, node: ts.Node][] {
  return source.statements.flatMap((statement): [string, ts.Node][] => {
    if (ts.isExportDeclaration(statement)) return named(statement);
    if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(isExport)) return [];
    if (!ts.isVariableStatement(statement))
      return [[(statement as ts.FunctionDeclaration).name?.text ?? 'default', statement]];
    return statement.declarationList.declarations.map((declaration) => [declaration.name.getText(), declaration]);
  });
}

function named({ exportClause }: ts.ExportDeclaration): [string, ts.Node][] {
  if (!exportClause || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map((element) => [element.name.text, element]);
}

function isExport({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

function unused(source: ts.SourceFile, name: string, node: ts.Node): Finding {
  const message = `no other package imports ${name}`;
  return { rule: 'unused-entry-export', file: source.fileName, line: lineOf(node), message };
}
