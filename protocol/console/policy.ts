/** Name of the one Trusted Types policy that a page may make: it turns the URL of a worker of the page's own build into one that may be started. */
export const WORKER_URL_POLICY = 'shoal-worker'

export interface WindowPolicy {
  /** Where the page's script may connect: a browser's page to the server it came from, the desktop app's to nothing, since a port is handed to it. */
  readonly connect: 'self' | 'none'
}

/** The policy of every page of the console: nothing from elsewhere, nothing inline, no string that becomes code (CONSOLE-6). */
export const contentSecurityPolicy = ({ connect }: WindowPolicy): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src '${connect}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    `trusted-types ${WORKER_URL_POLICY}`,
  ].join('; ')

/** Headers of every answer that carries a part of the console. A header holds where a `meta` element does not: on workers, images and errors. */
export const securityHeaders = (policy: WindowPolicy): Readonly<Record<string, string>> => ({
  'content-security-policy': contentSecurityPolicy(policy),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
})
