import { expect, test } from 'vitest'
import { IS_REAL, RUNNER } from '../../support/real-electron.ts'
import whichElectron from '../../support/which-electron.ts'

/** What is said at the end of a run of tests with these titles and results. */
function linesAfter(tests: readonly { readonly fullName: string; readonly state: string }[]): readonly string[] {
  const lines: string[] = []
  const ran = tests.map(({ fullName, state }) => ({ fullName, result: () => ({ state }) }))
  whichElectron({
    vitest: {
      state: { getTestModules: () => [{ children: { allTests: () => ran } }] },
      logger: { log: (text) => void lines.push(text) },
    },
  })()
  return lines
}

const of = (state: string, fullName = `desktop app, ${RUNNER} > quits`) => ({ fullName, state })

test('HOST-5 the last line says how many tests of the desktop app ran, and on what', () => {
  const lines = linesAfter([of('passed'), of('failed'), of('skipped'), of('passed', 'packs > are read')])
  expect(lines).toEqual([expect.stringContaining('2 tests of the desktop app ran')])
  expect(lines[0]).toContain(IS_REAL ? 'IN A REAL ELECTRON' : 'IN THE TEST HOST, NO REAL ELECTRON HERE')
  expect(linesAfter([of('skipped'), of('passed', 'packs > are read')])).toEqual([])
})
