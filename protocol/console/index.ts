export { type Asset, assetOf } from './assets.ts'
export { contentSecurityPolicy, securityHeaders, type WindowPolicy, WORKER_URL_POLICY } from './policy.ts'
