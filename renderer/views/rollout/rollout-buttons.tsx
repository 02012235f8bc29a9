import { type ReactElement, useState } from 'react'
import type { RolloutUpdate } from '../../../protocol/control/window.ts'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Failure } from '../../components/notice.tsx'
import { countOf } from '../../state/format.ts'
import { useAction, useClient, useToast } from '../../state/hooks.ts'
import { actionsOf, promotionText } from '../../state/rollout.ts'
import { RollbackDialog } from './rollback-dialog.tsx'

type Question = 'pause' | 'resume' | 'next' | 'all' | 'rollback'

/** What can be done with a rollout; each button says what happens and to how many. */
export function RolloutButtons({
  update,
  live,
}: {
  readonly update: RolloutUpdate
  readonly live: boolean
}): ReactElement {
  const client = useClient()
  const [asking, setAsking] = useState<Question>()
  const { pause, resume, next, all } = actionsOf(update)
  const off = !live || client === undefined
  const button = (
    question: Question,
    text: string,
    icon: 'pause' | 'play' | 'back' | 'publish',
    look = 'button',
  ): ReactElement => (
    <button type="button" className={look} disabled={off} onClick={() => setAsking(question)}>
      <Icon name={icon} size={13} />
      {text}
    </button>
  )
  return (
    <div className="actions">
      {pause !== undefined && button('pause', pause, 'pause')}
      {resume !== undefined && button('resume', resume, 'play', 'button primary')}
      {next !== undefined && button('next', next.text, 'publish')}
      {all !== undefined && button('all', all.text, 'publish')}
      {!update.superseded && button('rollback', 'Roll back…', 'back', 'button danger')}
      {asking === 'rollback' && <RollbackDialog update={update} onClose={() => setAsking(undefined)} />}
      {asking !== undefined && asking !== 'rollback' && (
        <StepDialog update={update} question={asking} onClose={() => setAsking(undefined)} />
      )}
    </div>
  )
}

function StepDialog({
  update,
  question,
  onClose,
}: {
  readonly update: RolloutUpdate
  readonly question: Exclude<Question, 'rollback'>
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [message, setMessage] = useState('')
  const { channel, counts, waves } = update
  const { next, all } = actionsOf(update)
  const step = useAction(async () => {
    if (client === undefined) return
    if (question === 'pause') await client.call('pause', { channel, fromWave: null, message })
    else if (question === 'resume') await client.call('resume', { channel, throughWave: null, message })
    else await client.call('promote', { channel, wave: question === 'all' ? 'all' : (next?.wave ?? 'next'), message })
    toast({ tone: 'good', text: `${channel}: ${DONE[question]}` })
    onClose()
  })
  const yet = update.hosts - update.converged
  const working = counts.updating + counts['catching-up']
  const gates = waves.flatMap((wave) => (wave.number < (next?.wave ?? 0) ? wave.gates : []))
  const texts = {
    pause: {
      title: `Pause ${channel}@${update.release}?`,
      action: `Pause for ${countOf(yet, 'host')}`,
      body: `${countOf(yet, 'host')} that do not have it yet begin no commit until it goes on. ${countOf(working, 'host')} go on fetching what they have begun; nobody goes back.`,
    },
    resume: {
      title: `Let ${channel}@${update.release} go on?`,
      action: `Go on for ${countOf(yet, 'host')}`,
      body: `${countOf(yet, 'host')} go on, wave by wave, as their gates allow.`,
    },
    next: {
      title: `Send to wave ${next?.wave ?? ''} now?`,
      action: next?.text ?? '',
      body: promotionText(gates),
    },
    all: {
      title: `Send ${channel}@${update.release} to everybody now?`,
      action: all?.text ?? '',
      body: `${countOf(all?.hosts ?? 0, 'host')} of every wave that is not open get it at once, whatever the gates say.`,
    },
  }
  const { title, action, body } = texts[question]
  return (
    <ConfirmDialog
      title={title}
      action={action}
      danger={question === 'all'}
      typed={question === 'all' ? channel : undefined}
      busy={step.busy}
      onConfirm={() => step.run()}
      onClose={onClose}
    >
      <p>{body}</p>
      <TextField
        label="Why, for those who look at it later"
        value={message}
        onChange={setMessage}
        placeholder="optional"
      />
      {step.problem !== undefined && <Failure problem={step.problem} what="Nothing was changed" />}
    </ConfirmDialog>
  )
}

const DONE = {
  pause: 'paused; hosts stop as the word reaches them',
  resume: 'goes on',
  next: 'the next wave is open',
  all: 'every wave is open',
} as const
