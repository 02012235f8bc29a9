import { CONTROL_LIMITS } from '../../protocol/control/index.ts'

/** Bounds of previews, each with its reason. Sizes in bytes, times in milliseconds. */
export const PREVIEW_LIMITS = {
  /** Folders that one caller may name: a thousand levels of browsing. The oldest is forgotten. */
  foldersPerCaller: 10_000,
  /** Folders that are read at once: each has a tree in memory. Others wait. */
  atOnce: 2,
  /** How long a ticket is good: a long talk about what is in it. */
  ticketMs: 60 * 60_000,
  /** Tickets of one caller: a few windows' worth of second thoughts. The oldest is let go. */
  ticketsPerCaller: 4,
  /** Tickets of all callers. */
  tickets: 16,
  /** Entries in all tickets together, about 1 KiB each. The oldest tickets are let go; one alone may have as many as it likes. */
  ticketEntries: 2_000_000,
  /** A folder asked for again to leave out more of it is not walked again for so long. */
  walkMs: 10 * 60_000,
  /** Walks with more paths are not kept for that. */
  walkEntries: 500_000,
  /** Of a file, looked through for secrets: keys and settings are short. */
  secretBytes: 256 * 1024,
  /** Changed files whose content is known already are opened to look for secrets: so many at most. */
  peekFiles: 2_000,
  /** First bytes that tell text from binary, as git has it. */
  sniffBytes: 8_000,
  /** A file that is warned of for its size. */
  largeBytes: 1024 * 1024 * 1024,
  /** Differences named by STALE_PREVIEW. */
  namedDifferences: 5,
  /** Between two items of progress and updates. */
  tellMs: 100,
  /** Rows in one item, at most CONTROL_LIMITS.rowsPerPage: a window takes each in without a pause. */
  rowsPerPage: 250,
  warningPaths: CONTROL_LIMITS.warningPaths,
} as const
