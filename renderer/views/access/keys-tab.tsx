import { type ReactElement, useState } from 'react'
import type { OwnKeyRow, RoleRow } from '../../../protocol/control/window.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { Empty, Failure } from '../../components/notice.tsx'
import { Id, Moment } from '../../components/values.tsx'
import { roleName } from '../../state/access.ts'
import { useAction, useClient, useToast } from '../../state/hooks.ts'
import { showText } from '../../state/text.ts'
import type { AccessPart } from './types.ts'
import { type Step, StepDialog } from './step-dialog.tsx'
import { LockPart } from './lock-part.tsx'
import { Proposals } from './proposals.tsx'

/** Roles and their keys, what waits for signatures, and the keys of this home. */
export function KeysTab(part: AccessPart): ReactElement {
  const { access, nowMs, onChanged } = part
  const [step, setStep] = useState<Step>()
  return (
    <>
      <Proposals {...part} />
      <div className="columns">
        <div className="stack">
          {access.roles.map((role) => (
            <RolePanel key={`${role.role} ${role.channels}`} role={role} onStep={setStep} />
          ))}
          <div>
            <button type="button" className="button" onClick={() => setStep({ kind: 'channels' })}>
              Publishers of other channels…
            </button>
          </div>
        </div>
        <div className="stack">
          <OwnKeys keys={access.me.keys} onStep={setStep} onChanged={onChanged} />
          <LockPart lock={access.me.lock} hasKeys={access.me.keys.length > 0} nowMs={nowMs} onChanged={onChanged} />
          <section className="panel" aria-labelledby="access-root">
            <header>
              <h2 id="access-root">Root</h2>
            </header>
            <div className="body stack tight">
              <dl className="facts">
                <dt>Version</dt>
                <dd>{access.mesh.rootVersion}</dd>
                <dt>Ends</dt>
                <dd>
                  <Moment atMs={Date.parse(access.mesh.expires)} nowMs={nowMs} />
                </dd>
                <dt>Fingerprint</dt>
                <dd className="mono small break">{access.mesh.rootFingerprint}</dd>
                <dt>Mesh id</dt>
                <dd className="mono small break">{access.mesh.id}</dd>
              </dl>
              <div className="row wrap">
                <CopyButton text={access.mesh.rootFingerprint} what="fingerprint" />
                <button type="button" className="button small" onClick={() => setStep({ kind: 'expiry' })}>
                  Make it last longer…
                </button>
              </div>
              {access.mesh.revokedKeys.length > 0 && (
                <details>
                  <summary>{access.mesh.revokedKeys.length} revoked keys</summary>
                  <ul>
                    {access.mesh.revokedKeys.map((key) => (
                      <li key={key}>
                        <Id value={key} />
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </div>
          </section>
        </div>
      </div>
      {step !== undefined && (
        <StepDialog
          step={step}
          onClose={() => {
            setStep(undefined)
            onChanged()
          }}
        />
      )}
    </>
  )
}

function RolePanel({ role, onStep }: { readonly role: RoleRow; readonly onStep: (step: Step) => void }): ReactElement {
  const name = roleName(role)
  return (
    <section className="panel" aria-label={name}>
      <header>
        <h2>{showText(name, { max: 100 })}</h2>
        <span className={role.keys.length < role.threshold ? 'bad' : 'quiet'}>
          {role.threshold} of {role.keys.length} must sign
        </span>
        <button type="button" className="button small" onClick={() => onStep({ kind: 'threshold', role })}>
          Change…<span className="visually-hidden"> how many must sign as {name}</span>
        </button>
        <button type="button" className="button small" onClick={() => onStep({ kind: 'add', role })}>
          Add a key…<span className="visually-hidden"> to {name}</span>
        </button>
      </header>
      <ul className="list">
        {role.keys.map((key) => (
          <li key={key.key} className="row">
            <Id value={key.key} />
            <span className="grow break">
              {key.holder === null ? <span className="quiet">nobody is named</span> : showText(key.holder, { max: 80 })}
              {key.mine && <span className="chip busy">in this home</span>}
            </span>
            {key.mine && (
              <button
                type="button"
                className="button small"
                onClick={() => onStep({ kind: 'rotate', key: key.key, name })}
              >
                Replace…<span className="visually-hidden"> the key of {name}</span>
              </button>
            )}
            <button
              type="button"
              className="button small"
              onClick={() => onStep({ kind: 'remove', role, key: key.key })}
            >
              Take out…<span className="visually-hidden"> {key.key.slice(0, 8)}</span>
            </button>
            <button
              type="button"
              className="button small danger"
              onClick={() => onStep({ kind: 'revoke', key: key.key })}
            >
              Revoke…<span className="visually-hidden"> {key.key.slice(0, 8)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

const STATES: Readonly<Record<OwnKeyRow['state'], string>> = {
  active: 'in its role',
  waiting: 'in no role yet',
  retired: 'was in its role once',
  revoked: 'revoked',
}

function OwnKeys({
  keys,
  onStep,
  onChanged,
}: {
  readonly keys: readonly OwnKeyRow[]
  readonly onStep: (step: Step) => void
  readonly onChanged: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const make = useAction(async (role: 'root' | 'enroller' | 'publisher') => {
    const made = await client?.call('keyMake', { role })
    if (made !== undefined)
      toast({ tone: 'good', text: `A key was made: whoever holds the root adds ${made.key.slice(0, 8)}… to a role` })
    onChanged()
  })
  return (
    <section className="panel" aria-labelledby="access-own">
      <header>
        <h2 id="access-own">Keys in this home</h2>
      </header>
      {keys.length === 0 ? (
        <Empty icon="access" title="This console can only watch">
          <p>Make a key, and give its public half to somebody who holds the root: they add it to a role.</p>
        </Empty>
      ) : (
        <ul className="list">
          {keys.map((key) => (
            <li key={key.key} className="row">
              <span className="strong">{key.role}</span>
              <Id value={key.key} />
              <span className={`grow ${key.state === 'active' ? 'good' : 'quiet'}`}>{STATES[key.state]}</span>
              <CopyButton text={key.key} what="key" />
            </li>
          ))}
        </ul>
      )}
      <div className="body row wrap">
        <span className="quiet small">Make a key for</span>
        {(['publisher', 'enroller', 'root'] as const).map((role) => (
          <button
            key={role}
            type="button"
            className="button small"
            disabled={client === undefined || make.busy}
            onClick={() => make.run(role)}
          >
            {role}
          </button>
        ))}
        <button type="button" className="button small" onClick={() => onStep({ kind: 'import' })}>
          Import a step…
        </button>
      </div>
      {make.problem !== undefined && <Failure problem={make.problem} what="No key was made" />}
    </section>
  )
}
