import { type ReactElement, type ReactNode, useRef } from 'react'
import { desktopApi } from '../bridge.ts'
import { Icon } from '../components/icon.tsx'
import { secondsToStart, type Trouble, troubleOf } from '../state/agent.ts'
import { formatAge } from '../state/format.ts'
import { useAgentProcess, useNow, useSession } from '../state/hooks.ts'
import { lazy } from '../state/lazy.ts'
import { showText } from '../state/text.ts'

/** Said once to a screen reader when it begins; the words on the page count seconds, which nobody wants read out. */
const SAID: Readonly<Record<Trouble, string>> = {
  stopped: 'The agent has stopped, and is started again by itself. What is shown is old.',
  starting: 'The agent starts again.',
  silent: 'There is no answer from the agent. What is shown is old.',
  alone: 'This node is connected to no other member.',
}

/** Says above every page what is wrong between this window, its agent and the mesh. */
export function Bands(): ReactElement {
  const agent = useAgentProcess()
  const trouble = troubleOf(useSession(), agent?.state)
  const began = useRef(false)
  if (trouble !== undefined) began.current = true
  return (
    <>
      <p role="status" className="visually-hidden">
        {trouble !== undefined ? SAID[trouble] : began.current ? 'The agent answers, and all is connected.' : ''}
      </p>
      {trouble === 'stopped' && <StoppedBand />}
      {trouble === 'starting' && (
        <Band bad>
          The agent is starting again. <LastWord />
        </Band>
      )}
      {trouble === 'silent' && (
        <Band bad>
          The agent does not answer. <LastWord /> The window tries again every second.
        </Band>
      )}
      {trouble === 'alone' && (
        <Band>
          This node is connected to no other member. What others did since is not known here: ages say how old each word
          is.
        </Band>
      )}
    </>
  )
}

function Band({ bad = false, children }: { readonly bad?: boolean; readonly children: ReactNode }): ReactElement {
  return (
    <div className={bad ? 'band bad' : 'band'}>
      <Icon name="warn" />
      <span className="grow break">{children}</span>
    </div>
  )
}

/** The desktop app runs the agent's process: it can tell why it ended, and when it is started again. */
function StoppedBand(): ReactElement {
  const agent = useAgentProcess()
  const now = useNow()
  const seconds = agent === undefined ? undefined : secondsToStart(agent, now)
  const { restarts = 0, error = null } = agent?.state ?? {}
  return (
    <div className="band bad">
      <Icon name="warn" />
      <span className="grow break">
        The agent stopped
        {error !== null && (
          <>
            : {showText(error.message, { max: 400 })} <code>{error.code}</code>
          </>
        )}
        .{' '}
        {seconds !== undefined &&
          `It starts again in ${seconds} s${restarts > 1 ? `, for the ${nth(restarts)} time` : ''}. `}
        <LastWord />
      </span>
      <button type="button" className="button" onClick={() => void desktopApi()?.retryAgent()}>
        Start it now
      </button>
    </div>
  )
}

/** How old what is shown is; nothing while nothing is shown. */
function LastWord(): ReactElement | null {
  const { overview, lostAtMs } = useSession()
  const now = useNow()
  if (overview === undefined) return null
  return (
    <>
      What is shown is what it said last, {formatAge(Math.max(1, (now - (lostAtMs ?? now)) / 1000))} ago; nothing can be
      changed until then.
    </>
  )
}

const ORDINALS = lazy(() => new Intl.PluralRules('en', { type: 'ordinal' }))
const ENDINGS: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' }
const nth = (count: number): string => `${count}${ENDINGS[ORDINALS().select(count)] ?? 'th'}`
