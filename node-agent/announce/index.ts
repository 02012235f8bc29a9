export { type Announcer, type AnnouncerDeps, type AnnouncerInit, createAnnouncer } from './announcer.ts'
export type * from './types.ts'
