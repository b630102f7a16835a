import ts from 'typescript';
import type { Finding } from '../check.ts';
import { eachNode, isForDevelopment, lineOf } from '../sources.ts';

const allowed = /^platform\/config\/|[.]config[.][mc]?[jt]s$/;

/** `process.env` in any spelling, outside the one place that reads it. */
export function findEnvironmentReads(source: ts.SourceFile): Finding[] {
  if (allowed.test(source.fileName) || isForDevelopment(source.fileName)) return [];
  const findings: Finding[] = [];
  eachNode(source, (node) => {
    if (readsEnvironment(node)) findings.push(refuse(source, node));
  });
  return findings;
}

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && isEnvironment(node.name.text);
  if (ts.isElementAccessExpression(node))
    return isProcess(node.expression) && isEnvironment(text(node.argumentExpression));
  if (ts.isVariableDeclaration(node)) return isProcess(node.initializer) && takesEnvironment(node.name);
  return (
    ts.isImportDeclaration(node) && /^(node:)?process$/.test(text(node.moduleSpecifier)) && importsEnvironment(node)
  );
}

function isProcess(node: ts.Node | undefined): boolean {
  return node !== undefined && /^(globalThis[.])?process$/.test(node.getText());
}

function isEnvironment(name: string): boolean {
  return name === 'env' || name === 'loadEnvFile';
}

function takesEnvironment(name: ts.BindingName): boolean {
  return (
    ts.isObjectBindingPattern(name) &&
    name.elements.some((part) => isEnvironment((part.propertyName ?? part.name).getText()))
  );
}

function importsEnvironment({ importClause }: ts.ImportDeclaration): boolean {
  const names = importClause?.namedBindings;
  if (!names || !ts.isNamedImports(names)) return false;
  return names.elements.some(({ propertyName, name }) => isEnvironment((propertyName ?? name).text));
}

function text(node: ts.Node): string {
  return ts.isStringLiteralLike(node) ? node.text : '';
}

function refuse(source: ts.SourceFile, node: ts.Node): Finding {
  const message = 'reads the environment: only platform/config does, once, and hands the settings on';
  return { rule: 'environment-read-once', file: source.fileName, line: lineOf(node), message };
}
