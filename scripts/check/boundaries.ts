import { findUndeclared } from './boundaries/declared.ts';
import { findEnvironmentReads } from './boundaries/environment.ts';
import { cruise, findForbidden } from './boundaries/graph.ts';
import { findMisplaced } from './boundaries/places.ts';
import { findSql } from './boundaries/sql.ts';
import { sawNothing, unseen, type Verdict } from './check.ts';
import { listPackages } from './packages.ts';
import { listSources, parse } from './sources.ts';

/** The rule of the tree: who may import whom, and where SQL, the environment and `index.ts` may be. */
export async function checkBoundaries(root: string): Promise<Verdict> {
  const sources = listSources(root);
  if (sources.length === 0) return sawNothing('source files');
  const packages = listPackages(root);
  const graph = await cruise(root, sources);
  const parsed = sources.map((file) => parse(root, file));
  const findings = [
    // With TypeScript 7 as `typescript`, dependency-cruiser sees no module at all and passes.
    ...unseen(sources, new Set(graph.modules.map(({ source }) => source)), 'dependency-cruiser'),
    ...findForbidden(graph),
    ...findUndeclared(graph, packages),
    ...findMisplaced(sources, packages),
    ...parsed.flatMap(findSql),
    ...parsed.flatMap(findEnvironmentReads),
  ];
  return { saw: `${graph.modules.length} modules`, findings };
}
