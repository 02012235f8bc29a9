import type { HostState, LinkRate, ReceivedBytes, RetainedReport } from '../../records/index.ts'
import type { CommitView, HostCondition, StaleProcessView, Why } from '../../status/index.ts'

export interface HostRequest {
  readonly host: string
}

/** All that is known of one host. NO_SUCH_HOST when no member has the name. */
export interface HostUpdate {
  readonly nowMs: number
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly peerId: string
  readonly joinedMs: number
  /** When it made its newest status that is known here; null when it never reported. */
  readonly heardMs: number | null
  readonly agentVersion: string | null
  readonly addresses: readonly string[]
  /** How this very node is connected to it; null when it is not. */
  readonly connection: PeerConnection | null
  /** Members of its own site that it says it is connected to; null when its agent does not tell. */
  readonly neighbours: number | null
  /** Other sites that it says it is connected to, by name. */
  readonly links: readonly HostLink[]
  readonly channels: readonly HostChannel[]
  /** Newest first: what this node saw of it change; at most `CONTROL_LIMITS.hostEvents`. */
  readonly events: readonly HostEvent[]
}

export interface PeerConnection {
  readonly direct: boolean
  readonly outbound: boolean
  readonly address: string
  readonly roundTripMs: number | null
}

/** What a host says of its links to the members of one other site. */
export interface HostLink {
  readonly site: string
  /** Members that it is connected to, at least, and whether there may be more. */
  readonly peers: number
  readonly more: boolean
  /** All of them only through a relay. */
  readonly relayed: boolean
  /** Least measured round trip. */
  readonly roundTripMs: number | null
  /** What came from there when that was measured last. */
  readonly rate: LinkRate | null
}

export interface HostChannel {
  readonly channel: string
  readonly release: number
  readonly want: number
  readonly state: HostCondition
  /** The host's own word, of which `state` is made. */
  readonly said: HostState
  readonly proved: boolean
  readonly provedMs: number | null
  readonly progress: number | null
  readonly left: number | null
  readonly rate: number | null
  readonly secondsLeft: number | null
  readonly received: ReceivedBytes
  readonly commit: CommitView | null
  readonly retained: RetainedReport
  readonly staleProcesses: readonly StaleProcessView[]
  readonly atRisk: readonly StaleProcessView[]
  readonly error: { readonly code: string; readonly message: string } | null
  /** Why it is not at the head, with the evidence and its age. */
  readonly why: Why
}

export interface HostEvent {
  readonly atMs: number
  readonly channel: string | null
  /** What it became, or `back` after it was offline. */
  readonly what: HostCondition | 'joined' | 'back'
  readonly release: number
  readonly text: string
}
