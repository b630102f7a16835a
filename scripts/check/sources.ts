import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Folders that hold no source of ours, here and in a copy of the tree. */
export const foreignFolders =
  /(^|\/)(node_modules|\.git|\.ticketbuddy|coverage|dist)(\/|$)|^testing\/(planted|captures)(\/|$)/;

/** Every source file under `root`, relative to it, sorted. Whole folders are never skipped by name of a part. */
export function listSources(root: string): string[] {
  return globSync('**/*.{ts,tsx,mts,mjs,js,cjs}', { cwd: root, exclude: (path) => foreignFolders.test(slashed(path)) })
    .map(slashed)
    .filter((path) => !foreignFolders.test(path))
    .sort();
}

export function isTypeScript(file: string): boolean {
  return /\.[mt]?tsx?$/.test(file);
}

/** A test, or what the tests of one package share: `seat.test.ts`, `test-shop.ts`. */
export function isTest(file: string): boolean {
  return /(\.test\.tsx?|(^|\/)test-[^/]+\.tsx?)$/.test(file);
}

/** What never ships, and so may use what the root package lists for development. */
export function isForDevelopment(file: string): boolean {
  return isTest(file) || /^(testing|bench|scripts)\//.test(file);
}

export function isGenerated(file: string): boolean {
  return file.endsWith('.gen.ts');
}

export function parse(root: string, file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Calls `visit` for every node of the file, outer ones first. */
export function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => eachNode(child, visit));
}

export function lineOf(node: ts.Node): number {
  const source = node.getSourceFile();
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}
