export * from './ids.ts'
export * from './path.ts'
