import { type ReactElement, useState } from 'react'
import type { ControlClient, RootStepResult } from '../../../protocol/control/window.ts'
import { ActionDialog, ConfirmDialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { Id } from '../../components/values.tsx'
import { useAction, useAnswer, useClient, useToast } from '../../state/hooks.ts'
import { changesOf, type Step, type StepInput, stepTitle } from '../../state/root-steps.ts'
import { Effect } from './effect.tsx'
import { Instead } from './instead.tsx'

export type { Step }

const DONE = 'in force'

/** One change of keys: what it needs, what it would do, and the button that signs it. */
export function StepDialog({ step, onClose }: { readonly step: Step; readonly onClose: () => void }): ReactElement {
  if (step.kind === 'import') return <ImportDialog onClose={onClose} />
  return <RootStepDialog step={step} onClose={onClose} />
}

/** Runs a step, or tells what it would do. */
async function runStep(
  client: ControlClient,
  step: Step,
  input: StepInput,
  instead: boolean,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<RootStepResult | undefined> {
  const options = signal === undefined ? {} : { signal }
  if (step.kind === 'rotate') return client.call('keyRotate', { key: step.key, dryRun }, options)
  if (step.kind === 'revoke') return client.call('keyRevoke', { key: step.key, dryRun }, options)
  const changes = changesOf(step, input)
  return changes === undefined ? undefined : client.call('rootPropose', { changes, instead, dryRun }, options)
}

function RootStepDialog({
  step,
  onClose,
}: {
  readonly step: Exclude<Step, { readonly kind: 'import' }>
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [input, setInput] = useState<StepInput>({
    key: '',
    holder: '',
    threshold: step.kind === 'threshold' ? step.role.threshold : 1,
    channels: '',
    days: 365,
  })
  const [instead, setInstead] = useState(false)
  const patch = (part: Partial<StepInput>): void => setInput({ ...input, ...part })
  const complete = step.kind === 'rotate' || step.kind === 'revoke' || changesOf(step, input) !== undefined
  const effect = useAnswer(`step ${JSON.stringify([step, complete ? input : null, instead])}`, (agent, signal) =>
    runStep(agent, step, input, instead, true, signal),
  )
  const run = useAction(async () => {
    if (client === undefined) return
    const made = await runStep(client, step, input, instead, false)
    toast(
      made?.proposal === null
        ? { tone: 'good', text: `Root ${made.rootVersion} is ${DONE}` }
        : { tone: 'plain', text: 'It is proposed: enough holders have to sign before it counts' },
    )
    onClose()
  })
  const result = effect.value
  return (
    <ConfirmDialog
      title={stepTitle(step)}
      action={
        result === undefined
          ? 'Sign'
          : result.proposal === null
            ? `Sign: root ${result.rootVersion} comes into force`
            : `Sign and propose root ${result.rootVersion}`
      }
      danger={step.kind === 'revoke' || step.kind === 'remove'}
      ready={complete && result !== undefined}
      busy={run.busy}
      onConfirm={() => run.run()}
      onClose={onClose}
    >
      <StepFields step={step} input={input} onChange={patch} />
      {complete && (
        <FeedFrame feed={effect} what="what this would do" lines={3}>
          {(value) => (value === undefined ? null : <Effect effect={value.effect} />)}
        </FeedFrame>
      )}
      <Instead problem={effect.error ?? run.problem} value={instead} onChange={setInstead} />
      {run.problem !== undefined && <Failure problem={run.problem} what="Nothing was signed" />}
    </ConfirmDialog>
  )
}

function StepFields({
  step,
  input,
  onChange,
}: {
  readonly step: Exclude<Step, { readonly kind: 'import' }>
  readonly input: StepInput
  readonly onChange: (part: Partial<StepInput>) => void
}): ReactElement | null {
  switch (step.kind) {
    case 'channels':
    case 'add':
      return (
        <>
          {step.kind === 'channels' && (
            <TextField
              label="Channels"
              mono
              value={input.channels}
              onChange={(channels) => onChange({ channels })}
              placeholder="maps, or map*"
              hint="One channel, or a beginning followed by *"
            />
          )}
          <TextField
            label="Public key"
            mono
            value={input.key}
            onChange={(key) => onChange({ key: key.trim().toLowerCase() })}
            hint="64 hex digits, from the person whose key it is"
          />
          <TextField
            label="Who has it"
            value={input.holder}
            onChange={(holder) => onChange({ holder })}
            placeholder="Ann"
          />
        </>
      )
    case 'threshold':
      return (
        <TextField
          label={`Of ${step.role.keys.length} keys, how many must sign`}
          type="number"
          value={String(input.threshold)}
          onChange={(value) => onChange({ threshold: Number(value) })}
        />
      )
    case 'expiry':
      return (
        <TextField
          label="Days from now"
          type="number"
          value={String(input.days)}
          onChange={(value) => onChange({ days: Math.round(Number(value)) })}
        />
      )
    case 'rotate':
      return (
        <p>
          A new key is made in this home and takes the place of the old one, which counts nowhere any more. Nothing has
          to be done on hosts.
        </p>
      )
    case 'revoke':
      return (
        <p>
          <Id value={step.key} /> leaves every role, for ever: whatever it signs from now on is refused, and what it
          signed alone counts no more.
        </p>
      )
    case 'remove':
      return (
        <p>
          <Id value={step.key} /> leaves this role; it may be added again.
        </p>
      )
  }
}

/** Takes in signatures that were made elsewhere; signs nothing. */
function ImportDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [text, setText] = useState('')
  const take = useAction(async () => {
    const taken = await client?.call('rootProposalImport', { text: text.trim() })
    if (taken !== undefined)
      toast({
        tone: 'good',
        text:
          taken.proposal === null ? `Root ${taken.rootVersion} is ${DONE}` : 'Taken in; it waits for more signatures',
      })
    onClose()
  })
  return (
    <ActionDialog
      title={stepTitle({ kind: 'import' })}
      action="Take it in"
      ready={text.trim().startsWith('shoalstep1') && !take.busy}
      onAction={() => take.run()}
      onClose={onClose}
    >
      <p>Roots and signatures that were made where there is no network. Nothing is signed by this.</p>
      <textarea
        className="textarea mono"
        rows={6}
        aria-label="The step as text"
        placeholder="shoalstep1…"
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      {take.problem !== undefined && <Failure problem={take.problem} what="Nothing was taken in" />}
    </ActionDialog>
  )
}
