import type { ReactElement } from 'react'

/** Line drawings on a grid of 16. */
const PATHS = {
  fish: 'M1.5 8c2.2-3 5-4.2 8-2.8 1 .5 2 1.3 2.8 2.2l2.2-1.9v5l-2.2-1.9c-.8.9-1.8 1.7-2.8 2.2-3 1.4-5.8.2-8-2.8ZM5 7.2v.01',
  overview: 'M2 2.5h5v5H2zM9 2.5h5v3H9zM9 7.5h5v6H9zM2 9.5h5v4H2z',
  rollouts: 'M2 13V9h3v4M6.5 13V6h3v7M11 13V3h3v10M1.5 13.5h13',
  hosts: 'M2 2.5h12v4.5H2zM2 9h12v4.5H2zM4.5 4.8v.01M4.5 11.3v.01M7 4.8h4M7 11.3h4',
  releases: 'M8 1.8 14 5v6l-6 3.2L2 11V5zM2 5l6 3.2L14 5M8 8.2v6',
  publish: 'M8 10.5V2M4.8 5 8 1.8 11.2 5M2 9.5v4h12v-4',
  network: 'M8 4.5v3M8 7.5 4 11M8 7.5l4 3.5M6.3 1.5h3.4v3H6.3zM2 11h3.4v3H2zM10.6 11H14v3h-3.4z',
  alerts:
    'M8 1.8c-2.6 0-4 1.9-4 4.2v2.5L2.8 11h10.4L12 8.500V6c0-2.3-1.4-4.2-4-4.200ZM6.5 13c.3.8.8 1.2 1.5 1.200s1.2-.4 1.5-1.2',
  activity: 'M3 3.500h10M3 8h10M3 12.500h6',
  access: 'M10.5 1.800a3.7 3.7 0 1 1-2.9 6L2.5 13v1.200h2.300v-1.700h1.700v-1.700h1.700l.8-.9M11.3 4.700v.01',
  settings: 'M2 4.500h6M11 4.500h3M2 11.500h3M8 11.500h6M9.5 3v3M6.5 10v3',
  search: 'M7 2.500a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3 14 14',
  close: 'M3.5 3.500l9 9M12.5 3.500l-9 9',
  right: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  left: 'M10 3.5 5.5 8l4.5 4.5',
  up: 'M3.5 10 8 5.5 12.5 10',
  folder: 'M1.8 3.500h4.500l1.5 1.700h6.400v7.800H1.800z',
  file: 'M3.5 1.800h5.700l3.3 3.400v9H3.500zM9 1.800v3.500h3.5',
  link: 'M6.5 9.500l3-3M7 4.500l1.3-1.300a2.7 2.7 0 0 1 3.9 0l.6.6a2.7 2.7 0 0 1 0 3.900L11.5 9M9 11.500l-1.3 1.300a2.7 2.7 0 0 1-3.9 0l-.6-.6a2.7 2.7 0 0 1 0-3.900L4.5 7',
  copy: 'M5.5 5.500h8v8h-8zM10.5 5.500v-3h-8v8h3',
  pause: 'M5 3v10M11 3v10',
  play: 'M4.5 2.8 12.5 8l-8 5.200z',
  back: 'M3 6h7a3.5 3.5 0 0 1 0 7H6M5.8 3 2.8 6l3 3',
  warn: 'M8 2 14.5 13.500h-13zM8 6.500v3.500M8 12v.01',
  more: 'M3.5 8v.01M8 8v.01M12.5 8v.01',
  plus: 'M8 3v10M3 8h10',
  check: 'M2.5 8.5 6 12l7.5-8',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM8 4.500V8l2.5 1.5',
  star: 'M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.200L8 11.400l-3.7 2.1.8-4.200L2 6.400l4.2-.500z',
  download: 'M8 2v8M4.8 7 8 10.2 11.2 7M2 13.500h12',
  swap: 'M2.5 5.500h10M10 3l2.5 2.500L10 8M13.5 10.500h-10M6 8l-2.5 2.500L6 13',
} as const

export type IconName = keyof typeof PATHS

/** Decoration: what it stands for is said in words beside it, or in the label of its button. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  const dots = name === 'more'
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={dots ? 2.2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
