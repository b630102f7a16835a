import { dirname, join } from 'node:path/posix';
import type { Finding } from '../check.ts';
import { type Package, packageOf } from '../packages.ts';
import { isForDevelopment } from '../sources.ts';
import type { Dependency, Graph } from './graph.ts';

/** Imports that cross a package border by a relative path, or lead to a package that the importing one does not list. */
export function findUndeclared({ modules }: Graph, packages: readonly Package[]): Finding[] {
  const ours = modules.filter(({ source }) => isOurs(source));
  return ours.flatMap(({ source, dependencies }) =>
    dependencies.flatMap((dependency) => judgeImport(source, dependency, packages)),
  );
}

function isOurs(source: string): boolean {
  return !source.includes('node_modules/') && !source.startsWith('@') && /[.][mc]?[jt]sx?$/.test(source);
}

function judgeImport(file: string, dependency: Dependency, packages: readonly Package[]): Finding[] {
  const { module, dependencyTypes } = dependency;
  if (dependencyTypes.includes('core')) return [];
  return module.startsWith('.') ? judgeRelative(file, module, packages) : judgePackage(file, module, packages);
}

function judgeRelative(file: string, module: string, packages: readonly Package[]): Finding[] {
  const owner = packageOf(file, packages);
  const target = packageOf(join(dirname(file), module), packages);
  if (owner === target) return [];
  const message = `imports ${module}, a file of ${target.name}: import '${target.name}' instead`;
  return [{ rule: 'package-entries-only', file, message }];
}

function judgePackage(file: string, module: string, packages: readonly Package[]): Finding[] {
  const owner = packageOf(file, packages);
  const name = module.split('/', module.startsWith('@') ? 2 : 1).join('/');
  if (name === owner.name || isDeclared(name, file, owner, packages)) return [];
  const message = `imports ${name}, which ${join(owner.folder, 'package.json')} does not list`;
  return [{ rule: 'dependencies-are-declared', file, message }];
}

function isDeclared(name: string, file: string, owner: Package, packages: readonly Package[]): boolean {
  if (owner.dependencies.has(name)) return true;
  const root = packages.find(({ folder }) => folder === '.');
  // The root package lists all of ours as its workspaces, and its own files run only in development.
  if (owner === root) return root.devDependencies.has(name) || packages.some((other) => other.name === name);
  if (!isForDevelopment(file)) return false;
  return owner.devDependencies.has(name) || root?.devDependencies.has(name) === true || name === '@ticketbuddy/testing';
}
