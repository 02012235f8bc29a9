import { WORKER_URL_POLICY } from '../../../protocol/console/policy.ts'

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): URL }
}

/** Trusted Types are not in TypeScript's own declarations yet. */
const factoryOf = (scope: object): PolicyFactory | undefined =>
  'trustedTypes' in scope ? (scope.trustedTypes as PolicyFactory) : undefined

let toTrusted: ((url: string) => URL | string) | undefined

/**
 * A worker of the page's own build. The page's policy takes URLs of workers from this one place only, and only those of its own origin (CONSOLE-6).
 * The class stands in for the global one, so that the bundler sees `new Worker(new URL(…))` and builds what it names.
 */
export class TrustedWorker {
  readonly worker: Worker

  constructor(url: URL, options: WorkerOptions) {
    toTrusted ??= makePolicy()
    this.worker = new Worker(toTrusted(url.href), options)
  }
}

function makePolicy(): (url: string) => URL | string {
  const policy = factoryOf(globalThis)?.createPolicy(WORKER_URL_POLICY, {
    createScriptURL: (url) => {
      if (new URL(url).origin !== location.origin) throw new TypeError('a worker of another origin')
      return url
    },
  })
  return (url) => policy?.createScriptURL(url) ?? url
}
