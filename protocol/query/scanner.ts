import type { Pattern } from './types.ts'

const BLANK = /\s/

/** Thrown inside of the parser only; parseQuery makes a value of it. */
export class QueryProblem extends Error {
  readonly from: number
  readonly to: number
  readonly incomplete: boolean
  constructor(from: number, to: number, message: string, incomplete = false) {
    super(message)
    this.from = from
    this.to = to
    this.incomplete = incomplete
  }
}

/** Walks through the text of a query. */
export class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get done(): boolean {
    return this.at >= this.text.length
  }

  skipBlanks(): void {
    while (!this.done && BLANK.test(this.text.charAt(this.at))) this.at++
  }

  /** Takes `token` when it is next. */
  take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  /** The word before a colon, which is taken too; undefined, and nothing taken, when there is none. */
  takeKey(): string | undefined {
    const [whole, word] = /^([A-Za-z][A-Za-z-]*):/.exec(this.text.slice(this.at, this.at + 64)) ?? []
    if (whole === undefined) return undefined
    this.at += whole.length
    return word
  }

  /** One value, up to a blank or comma outside of quotes. @throws QueryProblem when there is none, or a quote is not closed */
  takePattern(): Pattern {
    const from = this.at
    const pieces: string[] = []
    let piece = ''
    for (; !this.done; this.at++) {
      const char = this.text.charAt(this.at)
      if (char === ',' || BLANK.test(char)) break
      if (char === '*') {
        pieces.push(piece)
        piece = ''
      } else piece += char === '"' ? this.#quoted() : char
    }
    if (this.at === from) throw new QueryProblem(from, from, 'a value is missing here', this.done)
    return [...pieces, piece]
  }

  /** From an opening quote to its closing one, at which it leaves `at`. */
  #quoted(): string {
    const from = this.at++
    let out = ''
    for (; !this.done; this.at++) {
      const char = this.text.charAt(this.at)
      if (char === '"') return out
      if (char !== '\\') out += char
      else out += this.#escaped()
    }
    throw new QueryProblem(from, this.text.length, 'this quote is not closed', true)
  }

  #escaped(): string {
    const char = this.text.charAt(++this.at)
    if (char === '"' || char === '\\') return char
    if (char === '') throw new QueryProblem(this.at - 1, this.text.length, 'this quote is not closed', true)
    throw new QueryProblem(this.at - 1, this.at + 1, 'in quotes a backslash stands before a quote or a backslash')
  }
}
