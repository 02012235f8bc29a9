/** Who may import whom. Deliberate violations of each rule are in test/boundaries/violations; `npm run deps` does not visit them. */
const ADAPTERS = 'announce|fetch|publish|stage|commit|report'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle, type-only included, means that two modules are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'nothing-imports-tests',
      comment: 'What is shipped reaches no fake: neither a test nor the simulated mesh (test/simulator).',
      severity: 'error',
      from: { path: '(^|violations/)(protocol|node-agent|main|renderer|packaging)/' },
      to: { path: '^(test|bench)/', pathNot: 'violations/' },
    },
    {
      name: 'protocol-is-a-leaf',
      comment: 'protocol runs in Node, Electron and Chromium.',
      severity: 'error',
      from: { path: '(^|violations/)protocol/' },
      to: { path: '^(node-agent|main|renderer)/' },
    },
    {
      name: 'protocol-packages',
      severity: 'error',
      from: { path: '(^|violations/)protocol/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'core'],
        pathNot: 'node_modules/(zod|@ipld/dag-cbor|cborg|multiformats)/',
      },
    },
    {
      name: 'agent-knows-no-window',
      severity: 'error',
      from: { path: '(^|violations/)node-agent/' },
      to: { path: '^(main|renderer)/|node_modules/(electron|react|react-dom)/' },
    },
    {
      name: 'plan-is-pure',
      comment: 'The planner that runs on hosts is the one that is simulated: no adapter, clock, file or network.',
      severity: 'error',
      from: { path: '(^|violations/)node-agent/plan/' },
      to: { pathNot: '^(protocol|node-agent/plan)/' },
    },
    {
      name: 'stages-do-not-join',
      comment:
        'Only the composition root and the pipeline join stages. A commit uses what staging laid out, so it may import stage.',
      severity: 'error',
      from: { path: `(^|violations/)node-agent/(${ADAPTERS})/` },
      to: {
        path: `^node-agent/(${ADAPTERS})/`,
        pathNot: ['^node-agent/$2/', '^node-agent/stage/'],
      },
    },
    {
      name: 'main-spawns-the-agent-by-path',
      comment: 'libp2p and Level never run in the main process of Electron.',
      severity: 'error',
      from: { path: '(^|violations/)main/' },
      to: { path: '^(node-agent|renderer)/|node_modules/(libp2p|@libp2p|@chainsafe|level|react|react-dom)/' },
    },
    {
      name: 'preload-is-alone',
      severity: 'error',
      from: { path: '(^|violations/)main/preload\\.ts$' },
      to: { pathNot: 'node_modules/electron/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-has-one-door',
      severity: 'error',
      from: { path: '(^|violations/)renderer/' },
      to: { path: '^(node-agent|main)/|node_modules/(electron|libp2p|@libp2p|@chainsafe|level)/' },
    },
    {
      name: 'renderer-is-a-browser',
      severity: 'error',
      from: { path: '(^|violations/)renderer/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
