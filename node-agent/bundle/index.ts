export { exportBundle } from './export-bundle.ts'
export { importBundle } from './import-bundle.ts'
