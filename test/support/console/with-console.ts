import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import type { ControlHandlers, HostLine } from '../../../protocol/control/index.ts'
import { launchChromium } from '../chromium.ts'
import { fleetHandlers } from './views.ts'
import { buildWindow, type ConsoleInit, type ConsoleWindow, openConsole } from './window.ts'

/** Installing a browser may be part of it. */
const SETUP_MS = 900_000

interface Over extends Pick<ConsoleInit, 'hash' | 'desktop'> {
  /** Other answers than a fleet's. */
  readonly replace?: Partial<ControlHandlers>
  readonly hosts?: readonly HostLine[]
}

/** A browser and the built window for the tests of one file. */
export function consoleOver(hosts: readonly HostLine[]) {
  let folder: string
  let browser: Browser
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-window-'))
    await buildWindow(folder)
    browser = await launchChromium()
  }, SETUP_MS)
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = (init: Omit<ConsoleInit, 'folder'>): Promise<ConsoleWindow> => openConsole(browser, { ...init, folder })

  /** A window over the fleet, that expects no error in its console. */
  const withConsole = async (
    { replace, hosts: others = hosts, ...init }: Over,
    act: (window: ConsoleWindow, page: ConsoleWindow['page']) => Promise<void>,
  ): Promise<void> => {
    const window = await open({ ...init, handlers: fleetHandlers(others, replace) })
    await act(window, window.page)
    expect(window.problems).toEqual([])
    await window.close()
  }
  return { open, withConsole, folder: () => folder }
}
