import { type ReactElement, useId, useState } from 'react'
import type { PublishProgress } from '../../../protocol/control/window.ts'
import { SelectField } from '../../components/field.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { Said } from '../../components/said.tsx'
import { Id } from '../../components/values.tsx'
import { rolesFor } from '../../state/access.ts'
import { countOf, formatBytes, formatCount, formatDuration, formatRate } from '../../state/format.ts'
import { useAction, useAnswer, useClient, useShared, useToast } from '../../state/hooks.ts'
import { lifetimeMs, RELEASE_LIFETIMES } from '../../state/lifetime.ts'
import { beginText, sendText } from '../../state/publish.ts'
import { showText } from '../../state/text.ts'
import { waveSpec, waveText } from '../../state/waves.ts'
import { Unlock } from '../access/unlock.tsx'
import type { StepProps } from './types.ts'

/** Who signs what, in full, and the button that does it. */
export function SignStep({ draft, preview, onChange, onBack }: Omit<StepProps, 'onNext'>): ReactElement {
  const client = useClient()
  const toast = useToast()
  const { route } = useShared()
  const id = useId()
  const [progress, setProgress] = useState<PublishProgress>()
  const [asking, setAsking] = useState(false)
  const [unlocked, setUnlocked] = useState(0)
  const access = useAnswer(`sign-access ${unlocked}`, (agent, signal) => agent.call('access', {}, { signal }))
  const specs = draft.waves.map(waveSpec)
  const waves = useAnswer(`waves ${draft.channel} ${JSON.stringify(specs)}`, (agent, signal) =>
    agent.call('previewWaves', { channel: draft.channel, waves: specs }, { signal }),
  )
  const result = preview.value?.result
  const role = access.value === undefined ? undefined : rolesFor(access.value, draft.channel)
  const mine = role?.keys.find((key) => key.mine)
  const locked = access.value?.me.lock.state === 'locked'
  // One signature of several sends nothing: whoever gives the last one is asked.
  const isEnough = (role?.threshold ?? 1) === 1
  const text = sendText(waves.value, draft.waves, role?.threshold ?? 1)
  const publish = useAction(async () => {
    if (client === undefined || result === undefined || result.ticket === null) return
    const request = {
      ticket: result.ticket,
      message: draft.message,
      lifetimeMs: lifetimeMs(draft.lifetime),
      waves: specs,
    }
    const stream = client.stream('publishPreviewed', request)
    for (;;) {
      const step = await stream.next()
      if (step.done !== true) {
        setProgress(step.value)
        continue
      }
      const made = step.value
      onChange({ step: 4, sent: { sequence: made.sequence, waiting: made.proposal !== null } })
      // The page itself says so to whoever is still there.
      if (route.get().page !== 'publish')
        toast({
          tone: 'good',
          text:
            made.proposal === null
              ? `${made.channel}@${made.sequence} is published`
              : `${made.channel}@${made.sequence} waits for more signatures`,
        })
      return
    }
  })
  const all = draft.waves.length === 0
  return (
    <>
      <div className="columns">
        <section className="panel" aria-labelledby="sign-what">
          <header>
            <h2 id="sign-what">What is signed</h2>
          </header>
          <div className="body stack">
            <div className="field">
              <label htmlFor={id}>Message, for everybody who looks at the release</label>
              <textarea
                id={id}
                className="textarea"
                rows={3}
                maxLength={1000}
                value={draft.message}
                placeholder="What is in it, and why"
                onChange={(event) => onChange({ message: event.target.value })}
              />
            </div>
            <SelectField
              label="Good for"
              value={draft.lifetime}
              options={RELEASE_LIFETIMES}
              onChange={(lifetime) => onChange({ lifetime })}
            />
            {result !== undefined && (
              <dl className="facts">
                <dt>Release</dt>
                <dd>
                  {draft.channel}@{result.against + 1} of {draft.folder?.name}
                </dd>
                <dt>Content</dt>
                <dd>
                  {countOf(result.entries, 'entry', 'entries')}, {formatBytes(result.bytes)};{' '}
                  {formatBytes(result.newBytes)} of it new
                </dd>
                <dt>Changes</dt>
                <dd>
                  {formatCount(result.added)} added, {formatCount(result.changed)} changed,{' '}
                  {formatCount(result.renamed)} renamed, {formatCount(result.removed)} removed
                </dd>
                {draft.exclude.length > 0 && (
                  <>
                    <dt>Left out</dt>
                    <dd className="mono break">{showText(draft.exclude.join(' '), { max: 400 })}</dd>
                  </>
                )}
                <dt>Goes to</dt>
                <dd>{all ? 'everybody at once' : `${draft.waves.map(waveText).join(', then ')}, then all others`}</dd>
              </dl>
            )}
          </div>
        </section>
        <section className="panel" aria-labelledby="sign-who">
          <header>
            <h2 id="sign-who">Who signs</h2>
          </header>
          <FeedFrame feed={access} what="the keys" lines={3} className="body stack">
            {(document) => (
              <>
                {mine === undefined ? (
                  <p className="bad">
                    No key of this home publishes {draft.channel}. An admin adds it in{' '}
                    <a href="#/access/keys">Keys &amp; access</a>.
                  </p>
                ) : (
                  <dl className="facts">
                    <dt>Key</dt>
                    <dd>
                      <Id value={mine.key} />
                    </dd>
                    <dt>Signatures</dt>
                    <dd>
                      {role === undefined || role.threshold === 1
                        ? 'one is enough'
                        : `${role.threshold} of ${role.keys.length} publishers`}
                    </dd>
                  </dl>
                )}
                {locked && <Unlock lock={document.me.lock} onUnlocked={() => setUnlocked(unlocked + 1)} />}
              </>
            )}
          </FeedFrame>
        </section>
      </div>
      {publish.problem !== undefined && <Failure problem={publish.problem} what="Nothing was published" />}
      {publish.busy && <Progress progress={progress} />}
      <div className="row">
        <button type="button" className="button" onClick={onBack} disabled={publish.busy}>
          Back
        </button>
        <button
          type="button"
          className="button primary"
          disabled={client === undefined || result === undefined || mine === undefined || locked || publish.busy}
          onClick={() => (all && isEnough && (waves.value?.hosts ?? 0) > 0 ? setAsking(true) : publish.run())}
        >
          {publish.busy ? 'Publishing…' : text}
        </button>
      </div>
      {asking && (
        <ConfirmDialog
          title="Send to everybody at once?"
          action={text}
          danger
          typed={draft.channel}
          onConfirm={() => {
            setAsking(false)
            publish.run()
          }}
          onClose={() => setAsking(false)}
        >
          <p>{beginText(waves.value?.hosts ?? 0)} Waves send it to a few first.</p>
        </ConfirmDialog>
      )}
    </>
  )
}

function Progress({ progress }: { readonly progress: PublishProgress | undefined }): ReactElement {
  const total = progress?.totalBytes ?? null
  return (
    <div className="panel pad stack tight">
      <Said about={progress?.phase ?? 'begin'} text={progress === undefined ? 'Publishing…' : PHASES[progress.phase]} />
      <p>
        {progress === undefined
          ? 'Begins…'
          : `${PHASES[progress.phase]}: ${formatCount(progress.files)} files, ${formatBytes(progress.bytes)}`}
        {total !== null && ` of ${formatBytes(total)}`}
        {progress?.bytesPerSecond !== undefined &&
          progress.bytesPerSecond !== null &&
          `, ${formatRate(progress.bytesPerSecond)}`}
        {progress?.etaSeconds !== undefined &&
          progress.etaSeconds !== null &&
          `, about ${formatDuration(progress.etaSeconds * 1000)} left`}
      </p>
      {total === null ? (
        <progress aria-label="Publishing" />
      ) : (
        <progress aria-label="Publishing" max={total} value={progress?.bytes ?? 0} />
      )}
    </div>
  )
}

const PHASES = {
  scan: 'Reading',
  store: 'Storing',
  delta: 'Making deltas',
  manifest: 'Writing the manifest',
  sign: 'Signing',
  seed: 'Handing it on',
} as const satisfies Record<PublishProgress['phase'], string>

/** What became of it. */
export function SentNote({
  channel,
  sequence,
  waits,
}: {
  readonly channel: string
  readonly sequence: number
  /** For more signatures. */
  readonly waits: boolean
}): ReactElement {
  return waits ? (
    <div className="panel pad" role="status">
      <p>
        <strong>
          {channel}@{sequence} is proposed.
        </strong>{' '}
        No host takes it before enough publishers have signed: they find it in{' '}
        <a href="#/access/keys">Keys &amp; access</a>. It goes on here as soon as they have.
      </p>
    </div>
  ) : (
    <p role="status" className="good strong">
      {channel}@{sequence} is published. Hosts hear of it now.
    </p>
  )
}
