import { type ReactElement, useEffect } from 'react'
import { useFeed, useSession, useShared, useStore } from '../../state/hooks.ts'
import { channelProblem, NEW_DRAFT, PUBLISH_STEPS, type PublishDraft, type PublishStep } from '../../state/publish.ts'
import { readPreview } from '../../state/preview.ts'
import { RolloutPart } from '../rollout/rollout.tsx'
import { ChangesStep } from './changes-step.tsx'
import { FolderStep } from './folder-step.tsx'
import { HowStep } from './how-step.tsx'
import { SentNote, SignStep } from './sign-step.tsx'

/** What will happen if I send this? Five steps; the draft is kept while other pages are looked at. */
export function Publish({ channel }: { readonly channel: string | undefined }): ReactElement {
  const { draft: store } = useShared()
  const draft = useStore(store)
  const { overview } = useSession()
  const change = (part: Partial<PublishDraft>): void => store.set({ ...store.get(), ...part })
  useEffect(() => {
    if (channel !== undefined && store.get().folder === undefined) change({ channel })
  }, [channel])
  // What was sent is no draft any more: whoever comes back wants to publish something else.
  useEffect(
    () => () => {
      const { sent, reading } = store.get()
      if (sent !== undefined) store.set({ ...NEW_DRAFT, reading: reading + 1 })
    },
    [store],
  )
  const { folder, sent } = draft
  const ready = folder !== undefined && channelProblem(draft.channel) === undefined
  const asked = ready ? { folder: folder.id, channel: draft.channel, exclude: draft.exclude } : undefined
  const preview = useFeed(
    `preview ${draft.reading} ${JSON.stringify(asked)}`,
    async function* (client, signal) {
      if (asked !== undefined) yield* readPreview(client, asked, signal)
    },
    null,
  )
  const head = overview?.channels.find((card) => card.channel === draft.channel)?.release ?? 0
  const waits = sent !== undefined && sent.waiting && head < sent.sequence
  const reached: PublishStep = sent !== undefined ? 4 : !ready ? 0 : preview.value?.result === undefined ? 1 : 3
  const step = Math.min(draft.step, reached) as PublishStep
  const go = (to: PublishStep): void => change({ step: to })
  return (
    <div className={step === 1 ? 'page full publish' : 'page publish'}>
      <header className="page-head">
        <h1>Publish</h1>
        <ol className="steps" aria-label="Steps">
          {PUBLISH_STEPS.map((name, place) => (
            <li key={name} aria-current={place === step ? 'step' : undefined}>
              <button
                type="button"
                disabled={sent !== undefined ? place !== 4 : place > reached}
                onClick={() => go(place as PublishStep)}
              >
                <span className="step-number">{place + 1}</span>
                {name}
              </button>
            </li>
          ))}
        </ol>
        <div className="actions">
          {(folder !== undefined || sent !== undefined) && (
            <button
              type="button"
              className="button"
              onClick={() => store.set({ ...NEW_DRAFT, reading: draft.reading + 1 })}
            >
              {sent === undefined ? 'Discard the draft' : 'Publish another'}
            </button>
          )}
        </div>
      </header>
      {step === 0 && <FolderStep draft={draft} onChange={change} onNext={() => go(1)} />}
      {step === 1 && (
        <ChangesStep draft={draft} preview={preview} onChange={change} onNext={() => go(2)} onBack={() => go(0)} />
      )}
      {step === 2 && (
        <HowStep draft={draft} preview={preview} onChange={change} onNext={() => go(3)} onBack={() => go(1)} />
      )}
      {step === 3 && <SignStep draft={draft} preview={preview} onChange={change} onBack={() => go(2)} />}
      {step === 4 && sent !== undefined && (
        <>
          <SentNote channel={draft.channel} sequence={sent.sequence} waits={waits} />
          {!waits && <RolloutPart channel={draft.channel} release={sent.sequence} />}
        </>
      )}
    </div>
  )
}
