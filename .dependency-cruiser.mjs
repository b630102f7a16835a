// The graph rule of the tree: contracts ← platform ← (contexts, migration) ← apps. What a graph cannot say (declared
// dependencies, package borders, SQL, the environment) is in scripts/check/boundaries/. Each rule has a planted
// violation under testing/planted/boundaries/, in a folder of its name.

// A test, or what the tests of one package share (`test-shop.ts`).
const test = '[.]test[.]tsx?$';
const shared = '(^|/)test-[^/]+[.]tsx?$';

/** No file that matches `from` imports one that matches `to`. */
function refuse(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

const forbidden = [
  refuse(
    'contracts-import-only-typebox',
    'contracts are read by everybody, so they may drag nothing along',
    { path: '^contracts/', pathNot: [test, shared] },
    { pathNot: ['^contracts/', 'node_modules/typebox/'] },
  ),
  refuse(
    'contracts-import-nothing-of-ours',
    'contracts are the bottom of the tree',
    { path: '^contracts/' },
    { path: '^(platform|contexts|migration|apps)/' },
  ),
  refuse(
    'platform-knows-no-business',
    'the platform has never heard of a ticket',
    { path: '^platform/' },
    { path: '^(contexts|migration|apps)/' },
  ),
  refuse(
    'contexts-never-import-each-other',
    'contexts talk only through messages',
    { path: '^contexts/([^/]+)/' },
    { path: '^contexts/', pathNot: '^contexts/$1/' },
  ),
  refuse(
    'contexts-import-only-what-is-below',
    'a context knows neither the migration nor the apps',
    { path: '^contexts/' },
    { path: '^(migration|apps)/' },
  ),
  refuse(
    'migration-knows-no-context',
    'the toolkit is ignorant of contexts; the CLI hands it their mappings',
    { path: '^migration/' },
    { path: '^(contexts|apps)/' },
  ),
  refuse('nobody-imports-an-app', 'an app is what starts', { pathNot: '^apps/' }, { path: '^apps/' }),
  refuse(
    'apps-never-import-each-other',
    'an app is what starts',
    { path: '^apps/([^/]+)/' },
    { path: '^apps/', pathNot: '^apps/$1/' },
  ),
  refuse(
    'testing-stays-out-of-production',
    'testing, bench and test-….ts serve tests, benchmarks and scripts',
    { path: '^(contracts|platform|contexts|migration|apps)/', pathNot: [test, shared] },
    { path: ['^(testing|bench)/', shared] },
  ),
  refuse(
    'nobody-imports-a-test',
    'what tests share belongs in testing, or in a test-….ts beside them',
    {},
    { path: test },
  ),
  refuse('scripts-serve-nobody-else', 'scripts are run, not imported', { pathNot: '^scripts/' }, { path: '^scripts/' }),
  refuse('no-cycles', 'what needs each other belongs together', {}, { circular: true }),
  refuse(
    'package-entries-only',
    'other packages see what the package exports, nothing else',
    {},
    { couldNotResolve: true, path: '^@ticketbuddy/[^/]+/' },
  ),
  refuse(
    'imports-resolve',
    'the imported file or package is not there',
    {},
    { couldNotResolve: true, pathNot: '^@ticketbuddy/[^/]+/' },
  ),
];

export default {
  forbidden,
  options: {
    // Type imports draw the graph too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^testing/(planted|captures)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
