// Checks import directions: [--at-least N] [FOLDER]…. With a compiler that it cannot use, dependency-cruiser visits nothing and finds nothing
// wrong, so visiting too few modules fails, too.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const FOLDERS = ['protocol', 'node-agent', 'main', 'renderer', 'packaging']
const { values, positionals } = parseArgs({ options: { 'at-least': { type: 'string' } }, allowPositionals: true })
const folders = positionals.length > 0 ? positionals : FOLDERS
const least = Number(values['at-least'] ?? 1)

const cruiser = 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'
const args = [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders]
const run = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
if (run.stdout === '') {
  console.error(run.stderr)
  process.exit(1)
}
const { summary } = JSON.parse(run.stdout)
for (const { rule, from, to } of summary.violations) console.error(`${rule.severity} ${rule.name}: ${from} -> ${to}`)
console.log(`${summary.totalCruised} modules, ${summary.violations.length} violations`)
if (summary.error > 0) process.exitCode = 1
if (summary.totalCruised < least) {
  console.error(`fewer than ${least} modules were visited`)
  process.exitCode = 1
}
