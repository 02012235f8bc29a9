import type { Feed } from '../../state/hooks.ts'
import type { PreviewState } from '../../state/preview.ts'
import type { PublishDraft } from '../../state/publish.ts'

/** What a step of publishing shows and changes, and the ways out of it. */
export interface StepProps {
  readonly draft: PublishDraft
  readonly preview: Feed<PreviewState>
  readonly onChange: (part: Partial<PublishDraft>) => void
  readonly onNext: () => void
  readonly onBack: () => void
}
