/** One value and what it is of. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** What goes up and down. */
export const gauge = (name: string, help: string, samples: readonly Sample[]): string =>
  metric('gauge', name, help, samples)

/** What only grows while the agent runs. */
export const counter = (name: string, help: string, samples: readonly Sample[]): string =>
  metric('counter', name, help, samples)

function metric(type: 'gauge' | 'counter', name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}="${escape(label)}"`)
    return `${name}${text.length === 0 ? '' : `{${text.join(',')}}`} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

const escape = (label: string): string => label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
