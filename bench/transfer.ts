/**
 * Transfer between two nodes in two processes on loopback, against raw TCP in the same run.
 *
 *     node bench/transfer.ts [--mb 200] [--rounds 3] [--far] [--json]
 *
 * --far puts the two on different sites, so that what is sent is paced. Prints MB/s of both, their ratio, CPU seconds of each side, and where the CPU time goes. Chunks come from memory and are thrown away after
 * their digest was checked, so that the disk plays no part.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { ShoalError } from '../protocol/index.ts'
import { type ProfileShares } from './support/profile.ts'
import { type Path, type Side, sideMain } from './support/transfer-side.ts'

/** One measured transfer. */
interface Round {
  readonly path: Path
  readonly megabytesPerSecond: number
  readonly senderCpuSeconds: number
  readonly receiverCpuSeconds: number
  readonly profile?: { readonly sender: ProfileShares; readonly receiver: ProfileShares }
}

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    far: { type: 'boolean', default: false },
    side: { type: 'string' },
  },
})

async function main(megabytes: number, rounds: number): Promise<void> {
  const bytes = megabytes * 1e6
  const results: Round[] = []
  for (let n = 0; n < rounds; n++)
    for (const path of ['tcp', 'net', 'shoal'] as const) results.push(await round(path, bytes, false))
  const profile = await round('shoal', bytes, true)
  if (values.json) process.stdout.write(`${JSON.stringify({ bytes, rounds: results, profile })}\n`)
  else report(results, profile)
}

async function round(path: Path, bytes: number, profile: boolean): Promise<Round> {
  const [sender, receiver] = [startSide('sender'), startSide('receiver')]
  try {
    const { address } = await ask<{ address: string }>(sender, { do: 'serve', path, bytes })
    await ask(receiver, { do: 'prepare', path, bytes, address })
    const running = ask<{ cpuSeconds: number; shares?: ProfileShares }>(sender, { do: 'measure', profile })
    const received = await ask<{ seconds: number; cpuSeconds: number; shares?: ProfileShares }>(receiver, {
      do: 'receive',
      profile,
    })
    sender.send({ do: 'finish' })
    const sent = await running
    return {
      path,
      megabytesPerSecond: bytes / 1e6 / received.seconds,
      senderCpuSeconds: sent.cpuSeconds,
      receiverCpuSeconds: received.cpuSeconds,
      ...(sent.shares && received.shares ? { profile: { sender: sent.shares, receiver: received.shares } } : {}),
    }
  } finally {
    for (const side of [sender, receiver]) {
      side.disconnect()
      await once(side, 'exit')
    }
  }
}

function startSide(side: Side): ChildProcess {
  return fork(import.meta.filename, ['--side', side, ...(values.far ? ['--far'] : [])], { serialization: 'advanced' })
}

/** One request to a side and its answer. @throws INTERNAL when the side fails or ends */
async function ask<T>(side: ChildProcess, request: object): Promise<T> {
  const answer = Promise.race([once(side, 'message'), once(side, 'exit').then(() => [{ error: 'the side ended' }])])
  side.send(request)
  const [message] = await answer
  if (message?.error !== undefined) throw new ShoalError('INTERNAL', String(message.error))
  return message
}

const ratio = (a: Round, b: Round): string => (a.megabytesPerSecond / b.megabytesPerSecond).toFixed(3)

function report(rounds: readonly Round[], profiled: Round): void {
  const best = (path: Round['path']): Round => {
    const [first] = rounds
      .filter((r) => r.path === path)
      .toSorted((a, b) => b.megabytesPerSecond - a.megabytesPerSecond)
    if (first === undefined) throw new ShoalError('USAGE', 'at least one round')
    return first
  }
  const [tcp, shoal] = [best('tcp'), best('shoal')]
  for (const { path, megabytesPerSecond, senderCpuSeconds, receiverCpuSeconds } of rounds) {
    const cpu = `CPU sender ${senderCpuSeconds.toFixed(2)} s, receiver ${receiverCpuSeconds.toFixed(2)} s`
    console.log(`${path.padEnd(6)} ${megabytesPerSecond.toFixed(0).padStart(6)} MB/s   ${cpu}`)
  }
  const net = best('net')
  console.log(
    `best of each, to raw TCP: net ${ratio(net, tcp)}, shoal ${ratio(shoal, tcp)}; shoal to net ${ratio(shoal, net)}`,
  )
  for (const side of ['sender', 'receiver'] as const) {
    console.log(`CPU of the ${side} (profiled at ${profiled.megabytesPerSecond.toFixed(0)} MB/s):`)
    for (const { where, share } of profiled.profile?.[side] ?? []) {
      if (share >= 0.005) console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`)
    }
  }
}

if (values.side === 'sender' || values.side === 'receiver') await sideMain(values.side, values.far)
else await main(Number(values.mb), Number(values.rounds))
