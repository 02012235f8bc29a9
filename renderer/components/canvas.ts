/** A canvas of so many CSS pixels, empty, to be drawn on in CSS pixels however dense the screen is; undefined where it cannot be drawn on. */
export function openCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const scale = devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d')
  context?.scale(scale, scale)
  return context ?? undefined
}
