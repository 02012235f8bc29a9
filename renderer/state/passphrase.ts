/** Shortest passphrase that is taken, characters: what an offline guesser cannot exhaust when it is made of words. */
const MIN_CHARS = 12

/** Pure: what is wrong with a new passphrase, typed twice; undefined when nothing is. */
export function passphraseProblem(passphrase: string, again: string): string | undefined {
  if (passphrase.length < MIN_CHARS) return `At least ${MIN_CHARS} characters: a few words are easy to remember`
  return passphrase === again ? undefined : 'The two are not the same'
}
