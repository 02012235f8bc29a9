import type { ReactElement } from 'react'
import { encode } from 'uqr'

/** Text as a QR code: black on white in either theme, with the margin that readers need. */
export function QrCode({
  text,
  label,
  size = 200,
}: {
  readonly text: string
  readonly label: string
  readonly size?: number
}): ReactElement {
  const { data, size: cells } = encode(text, { ecc: 'L', border: 2 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg
      className="qr"
      width={size}
      height={size}
      viewBox={`0 0 ${cells} ${cells}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={cells} height={cells} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}
