import { baseName, type TreePath } from '../../protocol/index.ts'

/** Names of files that hold keys or passwords and little else. Templates and public halves are none. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^\.env(\.(?!example$|sample$|template$|dist$)[\w-]+)*$/i, 'settings of an environment, which often hold passwords'],
  [/^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/, 'a private SSH key'],
  [/\.(p12|pfx|jks|keystore|kdbx|ppk)$/i, 'a store of keys'],
  [
    /^(\.netrc|_netrc|\.pgpass|\.htpasswd|\.npmrc|\.pypirc|\.git-credentials|\.dockercfg|\.vault-token)$/,
    'a file of passwords',
  ],
  [/^(shadow|gshadow|krb5\.keytab|credentials\.json|service-account.*\.json)$/, 'a file of credentials'],
]

/** Directories whose files of these names are secret only there. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)\.aws\/credentials$/, 'credentials of a cloud'],
  [/(^|\/)\.docker\/config\.json$/, 'passwords of registries'],
  [/(^|\/)\.kube\/config$/, 'credentials of a cluster'],
]

/** Forms that nothing but a secret has. Each is bounded, so that no text makes it slow. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----/, 'a private key'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,255}\b/, 'a GitHub token'],
  [/\bgithub_pat_[A-Za-z0-9_]{60,255}\b/, 'a GitHub token'],
  [/\bglpat-[A-Za-z0-9_-]{20,64}\b/, 'a GitLab token'],
  [/\bxox[abprs]-[A-Za-z0-9-]{20,255}\b/, 'a Slack token'],
  [/\bsk_live_[A-Za-z0-9]{24,255}\b/, 'a Stripe key'],
  [/\bAIza[0-9A-Za-z_-]{35}\b/, 'a Google API key'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'an npm token'],
  [/\bhvs\.[A-Za-z0-9_-]{24,255}\b/, 'a Vault token'],
  [/\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b/, 'an age key'],
  [/\bshoal1[A-Za-z0-9]{200,}/, 'a ticket of a mesh'],
]

/** Why a path looks like a secret by its name; undefined when it does not. Pure. */
export function secretName(path: TreePath): string | undefined {
  const name = baseName(path)
  const named = NAMES.find(([form]) => form.test(name)) ?? PLACES.find(([form]) => form.test(path))
  return named?.[1]
}

/** What secret a text holds; undefined when none is seen. @param text one character a byte, or decoded */
export const secretText = (text: string): string | undefined => FORMS.find(([form]) => form.test(text))?.[1]
