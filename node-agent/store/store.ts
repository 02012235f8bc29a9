import { Level } from 'level'
import { isShoalError, ShoalError } from '../../protocol/index.ts'

/** A part of the node's Level database with text keys and byte values. */
export type ByteSublevel = ReturnType<typeof sublevelOf>

function sublevelOf(db: Level<string, Uint8Array>, name: string) {
  return db.sublevel<string, Uint8Array>(name, { keyEncoding: 'utf8', valueEncoding: 'view' })
}

/** One change; a value of undefined deletes. */
export interface StoreChange {
  readonly in: ByteSublevel
  readonly key: string
  readonly value: Uint8Array | undefined
}

/** The node's database, one per home; Level's own lock keeps a second process out. */
export interface Store {
  /** slot → envelope of the kept record. */
  readonly records: ByteSublevel
  /** channel!sequence (16 digits) → envelope of a head that was current once; equivocation!slot!id → evidence. */
  readonly history: ByteSublevel
  /** digest → place in a pack. */
  readonly packs: ByteSublevel
  /** channel!digest → place in a live tree. */
  readonly live: ByteSublevel
  /** Intents of commits. */
  readonly journal: ByteSublevel
  /** Small values of this node: committed release per channel, known addresses, stat caches. */
  readonly meta: ByteSublevel
  /** Several changes at once, atomically; durable before it resolves when `sync`. */
  write(changes: readonly StoreChange[], options?: { readonly sync?: boolean }): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the database in `directory`, creating it when new.
 * @throws HOME_IN_USE when another process has it open, STORE_CORRUPT when it cannot be read
 */
export async function openStore(directory: string): Promise<Store> {
  const db = new Level<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await db.open()
  } catch (err) {
    throw openError(err, directory)
  }
  return {
    records: sublevelOf(db, 'records'),
    history: sublevelOf(db, 'history'),
    packs: sublevelOf(db, 'packs'),
    live: sublevelOf(db, 'live'),
    journal: sublevelOf(db, 'journal'),
    meta: sublevelOf(db, 'meta'),
    write: (changes, options) => db.batch(changes.map(toOperation), { sync: options?.sync ?? false }),
    close: () => db.close(),
  }
}

const toOperation = ({ in: sublevel, key, value }: StoreChange) =>
  value === undefined ? ({ type: 'del', sublevel, key } as const) : ({ type: 'put', sublevel, key, value } as const)

function openError(err: unknown, directory: string): ShoalError {
  if (isShoalError(err)) return err
  const cause = err instanceof Error ? err.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'LEVEL_LOCKED'
    ? new ShoalError('HOME_IN_USE', `another shoal process has ${directory} open; stop it, or use its control socket`, {
        cause: err,
      })
    : new ShoalError('STORE_CORRUPT', `the database ${directory} cannot be opened; nothing in it was changed`, {
        cause: err,
      })
}

/** A JSON value under one key of `meta`. */
export async function readJson(sublevel: ByteSublevel, key: string): Promise<unknown> {
  const bytes = await sublevel.get(key)
  return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes))
}

/** Writes it, durably. */
export const writeJson = (store: Store, sublevel: ByteSublevel, key: string, value: unknown): Promise<void> =>
  store.write([{ in: sublevel, key, value: new TextEncoder().encode(JSON.stringify(value)) }], { sync: true })
