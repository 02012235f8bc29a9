/** Every bound on what a peer, a file or a person can make this program hold or wait for, each with its reason. Sizes in bytes, times in ms. */
export const LIMITS = {
  /** A record fits one gossip message with room for its frame. */
  recordBytes: 64 * 1024,
  /** Signatures on one record: a root signed by the thresholds of two versions with room to spare. */
  recordSignatures: 32,
  /** Records in one answer of the reconciliation; more follow in further answers. */
  recordsPerMessage: 256,
  /** One message of `/shoal/records`. */
  recordsMessageBytes: 1024 * 1024,
  /** Records one node keeps; 10,000 hosts with grant, binding and status are 30,000. */
  recordsKept: 200_000,
  /** One chunk, see content/parameters.ts. */
  chunkBytes: 256 * 1024,
  /** Frame of one `/shoal/exchange` message: one chunk and its header. */
  exchangeMessageBytes: 512 * 1024,
  /** Chunks named in one want. */
  chunksPerWant: 64,
  /** Wants from one peer being answered at once; further ones wait in its send window. */
  wantsInFlightPerPeer: 64,
  /** Manifest bytes: 1,000,000 entries of a few hundred bytes. */
  manifestBytes: 512 * 1024 * 1024,
  manifestEntries: 2_000_000,
  /** Extended attributes of one entry: Linux caps a value at 64 KiB. */
  xattrsPerEntry: 64,
  xattrBytes: 64 * 1024,
  symlinkBytes: 4095,
  consistencyGroups: 256,
  globsPerSetting: 1024,
  globBytes: 1024,
  /** Chunks that list a manifest's chunks: one index chunk holds 7,281 references, 450 MB of manifest. */
  ticketBytes: 64 * 1024,
  addressesPerPeer: 16,
  labelsPerHost: 32,
  /** A name, label or message a person typed. */
  textBytes: 4096,
  /** One control API frame (requests and answers; rows are paged). */
  controlMessageBytes: 8 * 1024 * 1024,
  /** Enrolment attempts a minute from one address: a joining site behind one NAT, not a flood. */
  helloPerMinute: 60,
  helloBytes: 256 * 1024,
  /** A peer that has not answered within this is asked again elsewhere. Four 600 ms round trips and a 256 KiB chunk at 128 kbit/s. */
  chunkTimeoutMs: 20_000,
  /** Hello and reconciliation on a thin link. */
  handshakeTimeoutMs: 20_000,
  /** A clock may be this wrong before a record from the future is refused. */
  clockSkewMs: 5 * 60_000,
  /** Bound of a component's stop(). */
  stopMs: 10_000,
} as const
