import { IS_REAL, RUNNER } from './real-electron.ts'

/** What is read of a run of vitest. */
interface Run {
  readonly vitest: {
    readonly state: {
      getTestModules(): readonly { readonly children: { allTests(): Iterable<RanTest> } }[]
    }
    readonly logger: { log(text: string): void }
  }
}

interface RanTest {
  readonly fullName: string
  result(): { readonly state: string }
}

/** Ends every run that tested the desktop app with a line that says on what (HOST-5), by the titles of the tests that ran. */
export default function whichElectron({ vitest }: Run): () => void {
  return () => {
    const ran = vitest.state
      .getTestModules()
      .flatMap((module) => [...module.children.allTests()])
      .filter((test) => test.fullName.includes(RUNNER) && ['passed', 'failed'].includes(test.result().state))
    if (ran.length === 0) return
    const count = ran.length === 1 ? '1 test' : `${ran.length} tests`
    const how = IS_REAL ? '' : '; with ELECTRON_BIN=… the same tests run on a real one'
    vitest.logger.log(`>>> ${count} of the desktop app ran ${RUNNER.toUpperCase()}${how} <<<`)
  }
}
