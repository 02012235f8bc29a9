export { digestOf, manifestContent, type ManifestContent, ManifestStore } from './manifest-store.ts'
export { PackStore } from './pack-store.ts'
export { RecordBook } from './record-book.ts'
export { type ByteSublevel, openStore, readJson, type Store, type StoreChange, writeJson } from './store.ts'
