import { type ChannelName, ShoalError } from '../../protocol/index.ts'
import type { TargetRow } from '../../protocol/control/index.ts'
import type { Action } from '../config/index.ts'
import type { Component } from '../lifecycle/index.ts'
import { channelOf, type TargetTable } from '../store/index.ts'
import { TargetPipeline } from './pipeline.ts'
import type { PipelineDeps } from './types.ts'

export interface PipelinesInit {
  readonly targets: TargetTable
  /** What this host's config lets run. */
  readonly actions: readonly Action[]
  readonly home: string
  /** A target was removed: it is no longer reported. */
  forget(channel: ChannelName): void
  /** A broken invariant: the agent must stop rather than guess. */
  fail(err: Error): void
}

interface Running {
  readonly row: TargetRow
  readonly pipeline: TargetPipeline
  readonly abort: AbortController
  done: Promise<void>
}

/** One pipeline a target; follows the target table while it runs. */
export class TargetPipelines implements Component {
  readonly #deps: PipelineDeps
  readonly #init: PipelinesInit
  readonly #running = new Map<ChannelName, Running>()
  #unsubscribe: readonly (() => void)[] = []
  #changing: Promise<void> = Promise.resolve()
  #started = false

  constructor(deps: PipelineDeps, init: PipelinesInit) {
    this.#deps = deps
    this.#init = init
  }

  /** Opens every tree and finishes what a crash cut off; started before the network, and stopped after it. */
  readonly preparation: Component = {
    start: async () => {
      for (const row of this.#init.targets.list()) await this.#prepare(row)
    },
    stop: async () => undefined,
  }

  async #prepare(row: TargetRow): Promise<Running> {
    const channel = channelOf(row)
    const { targets, actions, home } = this.#init
    const pipeline = new TargetPipeline(this.#deps, {
      channel,
      target: row,
      policy: targets.policy(channel),
      actions,
      home,
    })
    const running = { row, pipeline, abort: new AbortController(), done: Promise.resolve() }
    this.#running.set(channel, running)
    // What cannot be opened now is tried again, and reported, by run().
    await pipeline.prepare().catch((err: unknown) => {
      this.#deps.log.warn('target-not-ready', { channel, why: err instanceof Error ? err.message : String(err) })
    })
    return running
  }

  /** A release that this host rolled back is tried again. @throws NO_SUCH_TARGET */
  async retry(channel: ChannelName): Promise<void> {
    const running = this.#running.get(channel)
    if (running === undefined) throw new ShoalError('NO_SUCH_TARGET', `this host has no target for ${channel}`)
    await running.pipeline.retry()
  }

  /** The release that a budget holds now is fetched. @returns its name @throws NO_SUCH_TARGET, NOT_HELD */
  async consent(channel: ChannelName): Promise<string> {
    const running = this.#running.get(channel)
    if (running === undefined) throw new ShoalError('NO_SUCH_TARGET', `this host has no target for ${channel}`)
    return running.pipeline.consent()
  }

  /** What was missing may be here now: work on a release begins afresh, and finds it. */
  renew(channel: ChannelName): void {
    this.#running.get(channel)?.pipeline.renew()
  }

  async start(): Promise<void> {
    this.#started = true
    for (const running of this.#running.values()) this.#begin(running)
    this.#unsubscribe = [
      this.#deps.book.onNew((record) => {
        // A root may withdraw a head.
        for (const [channel, { pipeline }] of this.#running) {
          const mine =
            record.kind === 'root' ||
            (record.kind === 'head' && record.key === channel) ||
            (record.kind === 'retry' && record.key === `${channel}.${this.#deps.self}`)
          if (mine) pipeline.wake()
        }
      }),
      this.#init.targets.onChange(() => {
        this.#changing = this.#changing.then(() => this.#follow()).catch((err: unknown) => this.#broken(err))
      }),
    ]
  }

  async stop(): Promise<void> {
    this.#started = false
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await this.#changing
    await Promise.all([...this.#running.keys()].map((channel) => this.#end(channel)))
  }

  #begin(running: Running): void {
    running.done = running.pipeline.run(running.abort.signal).catch((err: unknown) => this.#broken(err))
  }

  #broken(err: unknown): void {
    this.#init.fail(err instanceof Error ? err : new Error(String(err)))
  }

  async #end(channel: ChannelName): Promise<void> {
    const running = this.#running.get(channel)
    running?.abort.abort()
    await running?.done
    this.#running.delete(channel)
  }

  /** Targets were added or removed while running. */
  async #follow(): Promise<void> {
    const rows = this.#init.targets.list()
    for (const channel of [...this.#running.keys()]) {
      if (rows.some((row) => row.channel === channel)) continue
      await this.#end(channel)
      this.#init.forget(channel)
    }
    for (const row of rows) {
      if (this.#running.has(channelOf(row)) || !this.#started) continue
      this.#begin(await this.#prepare(row))
    }
  }
}
