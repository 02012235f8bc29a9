import type { Command } from 'commander'

/** One command as a shell sees it: the words that lead to it and what may follow. */
interface Place {
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
  readonly options: readonly string[]
  /** Choices of options that have them: `--strategy`. */
  readonly choices: readonly { readonly option: string; readonly values: readonly string[] }[]
  readonly words: readonly string[]
}

function places(command: Command, path: string, inherited: readonly string[]): Place[] {
  const own = command.options.flatMap(({ long }) => (long == null ? [] : [long]))
  const here: Place = {
    path,
    commands: command.commands.map((child) => ({ name: child.name(), summary: child.summary() })),
    options: [...new Set([...own, ...inherited, '--help'])],
    choices: command.options.flatMap(({ long, argChoices }) =>
      long == null || argChoices === undefined ? [] : [{ option: long, values: argChoices }],
    ),
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }
  const below = path === '' ? own.filter((option) => option !== '--version') : inherited
  return [here, ...command.commands.flatMap((child) => places(child, `${path} ${child.name()}`.trim(), below))]
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The walk over the words typed so far, the same in both shells: `at` becomes the path of the command that they name. */
const walk = (all: readonly Place[]): string =>
  [
    `    case "$at $word" in`,
    ...all
      .filter(({ path }) => path !== '')
      .map(({ path }) => `      ${quote(path.includes(' ') ? path : ` ${path}`)}) at=${quote(path)} ;;`),
    `    esac`,
  ].join('\n')

/** For `eval "$(shoal completion bash)"` or a file in bash_completion.d. Falls back to file names. */
export function bashScript(program: Command): string {
  const all = places(program, '', [])
  const cases = all.map(({ path, commands, options, words }) => {
    const all = [...commands.map(({ name }) => name), ...words].join(' ')
    return `    ${quote(path)}) words=${quote(all)}; options=${quote(options.join(' '))} ;;`
  })
  const choices = all.flatMap(({ path, choices }) =>
    choices.map(
      ({ option, values }) =>
        `    ${quote(`${path} ${option}`)}) COMPREPLY=($(compgen -W ${quote(values.join(' '))} -- "$cur")); return ;;`,
    ),
  )
  return `# bash completion for shoal
_shoal() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' words='' options='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${walk(all)}
  done
  case "$at $prev" in
${choices.join('\n')}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then words=$options; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _shoal shoal
`
}

/** For a file named `_shoal` in a directory of $fpath, or \`source <(shoal completion zsh)\`. */
export function zshScript(program: Command): string {
  const all = places(program, '', [])
  const cases = all.map(({ path, commands, options, words }) => {
    const described = [
      ...commands.map(({ name, summary }) => quote(`${name}:${summary.replaceAll(':', '\\:')}`)),
      ...words.map(quote),
    ].join(' ')
    return `    ${quote(path)}) words_here=(${described}); options_here=(${options.join(' ')}) ;;`
  })
  const choices = all.flatMap(({ path, choices }) =>
    choices.map(({ option, values }) => `    ${quote(`${path} ${option}`)}) compadd -- ${values.join(' ')}; return ;;`),
  )
  return `#compdef shoal
compdef _shoal shoal
_shoal() {
  local at='' word
  local -a words_here options_here
  for word in "\${(@)words[2,CURRENT-1]}"; do
${walk(all)}
  done
  case "$at \${words[CURRENT-1]}" in
${choices.join('\n')}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then compadd -- $options_here; return; fi
  if (( \${#words_here} )); then _describe command words_here; else _files; fi
}
# Read by compinit as a file of its own it is run at once; sourced it only announces itself.
if [ "$funcstack[1]" = "_shoal" ]; then _shoal "$@"; fi
`
}
