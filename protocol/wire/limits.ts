/** Every bound on what a peer, a file or a person can make this program hold or wait for, each with its reason. Sizes in bytes, times in ms. */
export const LIMITS = {
  /** A record fits one gossip message with room for its frame. */
  recordBytes: 64 * 1024,
  /** Signatures on one record: a root signed by the thresholds of two versions with room to spare. */
  recordSignatures: 32,
  /** Envelope of a root or head that is signed step by step: it travels inside a record of its own. */
  proposedBytes: 60 * 1024,
  /** A root step as one line of text: roots and signatures, some hundred bytes each. */
  stepChars: 512 * 1024,
  /** A proposed release may leave out so many sequences: one for each proposal that came to nothing. */
  sequenceGap: 1000,
  /** Keys that a root names as revoked, and heads that it keeps valid: a record holds both. */
  revokedKeys: 512,
  headPins: 256,
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
  /** Waves of one release: more are no steps, but a trickle. */
  wavesPerHead: 16,
  selectorBytes: 1024,
  /** Longest time that a wave may have to be healthy before the next one. */
  gateAfterMs: 90 * 24 * 3_600_000,
  /** Hosts named of a wave in a preview. */
  hostsNamedPerWave: 100,
  /** Deltas that one head names. */
  deltasPerHead: 16,
  /** Deltas that lead one after another from a host's release to the newest: beyond this, chunks cost less in all likelihood. */
  deltasPerChain: 8,
  /** One message of `/shoal/deltas`. */
  deltasMessageBytes: 4 * 1024,
  /** Members asked for a chain of deltas, one after another. */
  deltaPeersAsked: 4,
  /** How long a delta made on request is waited for: a few hundred MB of changed content take a publisher this long. */
  deltaWaitMs: 3 * 60_000,
  /** Extended attributes of one entry: Linux caps a value at 64 KiB. */
  xattrsPerEntry: 64,
  xattrBytes: 64 * 1024,
  symlinkBytes: 4095,
  consistencyGroups: 256,
  globsPerSetting: 1024,
  suggestedActions: 64,
  /** Consistency groups in a status, those with the longest windows. */
  groupsPerStatus: 32,
  processesPerStatus: 64,
  /** Other sites to which a status tells the link, a dozen bytes each: a host seeks 12 connections. What a busy member leaves out, the other side tells. */
  sitesPerStatus: 16,
  globBytes: 1024,
  /** Chunks that list a manifest's chunks: one index chunk holds 7,281 references, 450 MB of manifest. */
  ticketBytes: 64 * 1024,
  addressesPerPeer: 16,
  /** Members at which a host that cannot be reached reserves a place, and places that a member gives away. */
  relaysSought: 2,
  /** One message of `/shoal/punch`. */
  punchMessageBytes: 8 * 1024,
  relayPlaces: 256,
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
  /** Records exchanged by one hello: every root version, one grant, one binding. */
  helloRecords: 256,
  /** Streams of a connection that wait for the hello to decide; gossip, identify, records and exchange of an eager peer fit. */
  heldStreams: 8,
  /** Bytes a held stream may buffer: the first messages of a protocol, never bulk. */
  heldStreamBytes: 64 * 1024,
  /** Connections at once that have not proved membership; the oldest goes first. A site of hundreds comes back in waves. */
  strangers: 64,
  /** How long a refused connection stays open so that the reason reaches the other side. */
  refusalGraceMs: 2_000,
  /** Remote addresses whose hello rate is remembered. */
  helloAddresses: 10_000,
  /** Connections a host seeks: enough for gossip (6) and fetching from several peers, few enough for a thin uplink's idle budget. */
  peersSought: 12,
  /** Of those, on the same site: the others keep sites joined to each other. */
  peersSoughtSameSite: 8,
  /** Members connected before idle ones that dialled us are let go; they have learned other addresses by then. */
  peersKept: 36,
  /** Connections of any kind: a publisher that hundreds know as their only address. */
  connections: 300,
  /** Streams on one connection, each way. */
  streamsPerConnection: 64,
  /** Members whose addresses are remembered. */
  peersKnown: 20_000,
  /** First wait before a lost peer is dialled again; grows up to `redialMaxMs`, with jitter, for ever. */
  redialMinMs: 1_000,
  redialMaxMs: 5 * 60_000,
  /** While a dial waits for an answer it asks again this often: the kernel asks up to 16 s apart, and a link may be up for 20 s only. */
  knockMs: 3_000,
  /** A connection on which nothing at all comes for this long after the other side was asked is dead: the longest round trip, lost packets and a full queue take less. */
  pulseMs: 10_000,
  /** A host with enough peers still tries a new one this often, so that halves of a mesh that was cut find each other. */
  shuffleMs: 10 * 60_000,
  /** A quiet connection carries a keep-alive of about 300 bytes, acknowledgements included, from each side in this time: with every minute they were a fifth of an idle host's traffic. NATs keep a mapping for longer. */
  keepAliveMs: 150_000,
  /** A connection on which nothing arrives or leaves for this long is dead; longer than a cut of a minute or two. */
  silenceMs: 180_000,
  /** Round trip of an idle connection is measured this often. */
  measureMs: 15 * 60_000,
  /**
   * Yamux window of a fresh stream: the product of 100 Mbit/s and 300 ms, so that no long link starts slowly. Both sides assume it, so it
   * is a constant of the protocol and never changes within a major version (NET-3).
   */
  streamWindowBytes: 4 * 1024 * 1024,
  /** To which the window of a busy stream grows. */
  streamWindowMaxBytes: 16 * 1024 * 1024,
  /** Frames read from a stream but not yet handled; beyond it the stream is paused. */
  unhandledFrameBytes: 2 * 1024 * 1024,
  /** Between reconciliations with a random peer. */
  reconcileMs: 4 * 60_000,
  /** Reconciliations that are answered at once; further peers are told to come back. */
  reconciliations: 8,
  /** Records that one reconciliation taught and that are passed on by gossip; with more, neighbours reconcile instead. */
  recordsPassedOn: 64,
  /** Records that cannot be judged before the rest of the same reconciliation arrived. */
  recordsUnjudged: 4_096,
  /** Records of one kind judged at once. */
  recordsJudgedAtOnce: 32,
  /** Rejected records in a row before a peer is dropped. */
  recordsRejected: 8,
  /** News of available chunks is gathered for this long, for neighbours and for members of other sites: each message costs a thin line 200 bytes. */
  haveBatchMs: 100,
  haveBatchFarMs: 2_000,
  /** With so many it is told at once: on a fast line that costs nothing, and others need not ask the same source for the same. */
  haveBatchChunks: 8,
  haveIndicesPerMessage: 4_096,
  /** Plain bytes of a have bitmap in one message: 2,097,152 chunks. */
  havePageBytes: 256 * 1024,
  /** Chunks a bitmap covers: 1 TB of average chunks. */
  haveChunks: 32 * 1024 * 1024,
  /** Manifests that one peer may follow at once. */
  interestsPerPeer: 64,
  /** Chunks read from disk for one peer before the earlier ones have left: at least, and at most while they are small. */
  readsAhead: 4,
  readsAheadSmall: 64,
  /** Plain bytes of chunks sent in one pack. */
  packBytes: 128 * 1024,
  /** Chunk bytes asked of one peer: bounds of the bandwidth-delay product. The least is one chunk, or a pack of small ones: a thin line that many ask is not queued up. The largest window carries 50 MB/s over 300 ms. */
  inFlightMinBytes: 32 * 1024,
  inFlightMaxBytes: 16 * 1024 * 1024,
  /** Chunk bytes asked of all peers or not yet kept: the fetcher's memory. */
  inFlightTotalBytes: 64 * 1024 * 1024,
  /** How long content that could be had in another way is waited for when every peer says that it lacks it: a neighbour may be getting it. */
  optionalPatienceMs: 10_000,
  /** A peer that said it lacks a chunk that no bitmap covers is asked for it again after this. */
  lackRetryMs: 5_000,
  /** How long a peer that served bad bytes is ignored. */
  peerBanMs: 10 * 60_000,
  /** A neighbour's share of the uplink is taken over when nothing was heard of it for this many times the patience with a chunk of one's own. */
  ownerPatience: 2,
  /** Share of a job's bytes that the end game may ask for twice. */
  endGameShare: 0.01,
  /** A clock may be this wrong before a record from the future is refused. */
  clockSkewMs: 5 * 60_000,
  /** Bound of a component's stop(). */
  stopMs: 10_000,
} as const
