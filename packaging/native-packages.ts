import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Packages that cannot be bundled, because they bring machine code: they lie beside the archive, where the app's own modules find them. */
const NATIVE = ['classic-level', 'koffi', '@koromix/koffi-linux-x64'] as const

/** Names of those packages and of all that they need to run, as installed in `root`. @throws Error naming a package that is not installed */
export function nativePackages(root: string): readonly string[] {
  const found = new Set<string>()
  const waiting: string[] = [...NATIVE]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    const file = join(root, 'node_modules', name, 'package.json')
    if (!existsSync(file)) throw new Error(`${name} is not installed in ${root}`)
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const needs: unknown =
      typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'dependencies') : {}
    waiting.push(...Object.keys(typeof needs === 'object' && needs !== null ? needs : {}))
  }
  return [...found].toSorted()
}
