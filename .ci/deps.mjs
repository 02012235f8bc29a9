// Checks import directions. With a compiler that it cannot use, dependency-cruiser visits nothing and finds nothing wrong: so few modules fail, too.
import { spawnSync } from 'node:child_process'

const FEWEST_MODULES = 200
const args = ['node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', '--config', '.dependency-cruiser.cjs']
const folders = process.argv.length > 2 ? process.argv.slice(2) : ['protocol', 'node-agent', 'main', 'renderer']
const run = spawnSync(process.execPath, [...args, '--output-type', 'json', ...folders], {
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
})
if (run.stdout === '') {
  process.stderr.write(run.stderr)
  process.exit(1)
}
const { summary } = JSON.parse(run.stdout)
for (const { rule, from, to } of summary.violations) console.error(`${rule.severity} ${rule.name}: ${from} -> ${to}`)
console.log(`${summary.totalCruised} modules, ${summary.violations.length} violations`)
if (summary.totalCruised < FEWEST_MODULES && process.argv.length <= 2) {
  console.error(`fewer than ${FEWEST_MODULES} modules were visited`)
  process.exitCode = 1
}
if (summary.error > 0) process.exitCode = 1
