import { describe } from 'vitest'
import type { TreeRootSetup } from './tree-root-fixture.ts'
import { filesSuite } from './tree-root-files.ts'
import { linksSuite } from './tree-root-links.ts'
import { metadataSuite } from './tree-root-metadata.ts'
import { namesSuite } from './tree-root-names.ts'

export type { TreeRootSetup }

/** Every call of a TreeRoot does what its documentation says, on any file system. */
export function treeRootSuite(setup: TreeRootSetup): void {
  describe(`TreeRoot compliance: ${setup.name}`, () => {
    linksSuite(setup)
    metadataSuite(setup)
    namesSuite(setup)
    filesSuite(setup)
  })
}
