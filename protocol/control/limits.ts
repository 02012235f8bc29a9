import { LIMITS } from '../wire/limits.ts'

/** Bounds of the control API, each with its reason. Sizes in bytes. */
export const CONTROL_LIMITS = {
  /** One frame: see LIMITS. */
  messageBytes: LIMITS.controlMessageBytes,
  /** Nesting of a frame's value; the deepest document of the contract has 8. */
  depth: 32,
  /** Calls and streams that one link may have open: a console's every view with room to spare. */
  openCalls: 128,
  /** Items a stream may be ahead of its reader: pages of rows, so a few hide the round trip. */
  streamCredit: 8,
  /** Most credit that a caller may hold out. */
  maxStreamCredit: 1024,
  /** Rows in one item of a paged stream: about 200 KiB. */
  rowsPerPage: 1000,
  /** Links that one agent serves at once: terminals, a console and its windows. */
  links: 64,
  /** Answers that wait for a caller that does not read; beyond it the link is cut. */
  unsentBytes: 8 * LIMITS.controlMessageBytes,
  /** Characters of an error message that crosses a link. */
  errorText: 8 * 1024,
  /** Which hosts a wave is of, as text: see LIMITS. */
  waveSelector: LIMITS.selectorBytes,
  /** One wave as text: its selector and its gates. */
  waveText: 2 * LIMITS.selectorBytes,
  /** Longest absolute path that Linux takes. */
  directoryBytes: 4096,
  /** A ticket as text: base-32 or wider of LIMITS.ticketBytes. */
  ticketText: 2 * LIMITS.ticketBytes,
  /** Between two pictures of a view at least, and at most: four a second are enough for eyes, and a feed that says nothing for long has stopped. */
  viewMinMs: 250,
  viewIdleMs: 5_000,
  /** A picture of the network rests for so long for each of its links, 150 bytes each: it costs a console under 100 kB/s, however many sites there are. */
  viewLinkMs: 2,
  /** Rows of a view in sight: the tallest window at the densest setting, twice. */
  viewRows: 200,
  /** Rows of the longest list that can be asked into: hosts of the largest mesh, and records of many years. */
  listRows: 10_000_000,
  /** Sites in a view, and other values to filter by: more than a person reads. */
  viewSites: 1000,
  viewFacets: 100,
  /** Rows of the short lists on the overview. */
  overviewRows: 20,
  /** Points of a convergence curve: one every few pixels of a wide window. */
  curvePoints: 500,
  /** Hosts that are late, each with its reason: what a person reads, and a page lays out within a frame. */
  stragglers: 30,
  hostEvents: 100,
  /** Hosts named at either end of a hop between two sites. */
  hopHosts: 3,
  endedAlerts: 200,
  /** An alert's id: rule, channel, and what it is about. */
  alertId: 400,
  savedViews: 100,
  /** Hosts named in one request: a record is signed and sent for each of them. */
  bulkHosts: 1000,
  folderRows: 1000,
  /** One side of a text that is shown for comparison. */
  previewTextBytes: 512 * 1024,
  /** Bytes of a binary file that are shown. */
  previewDumpBytes: 512,
  /** Globs of one preview. */
  excludes: 1000,
  /** Paths named by one warning of a preview: more are counted. */
  warningPaths: 100,
  /** Changes of one root step. */
  rootChanges: 64,
  passphrase: 1024,
  /** Ten years: longer than any key should live, and safe in a JavaScript date. */
  lifetimeMs: 10 * 366 * 24 * 3_600_000,
} as const
