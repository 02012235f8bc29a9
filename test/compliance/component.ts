import { describe, expect, test } from 'vitest'
import type { Component } from '../../node-agent/lifecycle/index.ts'

export interface ComponentSetup {
  /** A fresh one; what it needs is let go of with the test. */
  create(): Promise<Component>
  /** Whether it is at work: something that only a started one can do. */
  working(component: Component): Promise<boolean>
}

/** Every Component starts and stops alike. */
export function componentSuite(name: string, setup: ComponentSetup): void {
  describe(`Component compliance: ${name}`, () => {
    test('LIFE-1 starting twice and stopping twice are once', async () => {
      const component = await setup.create()
      await component.start()
      await component.start()
      expect(await setup.working(component)).toBe(true)
      await component.stop()
      await component.stop()
      expect(await setup.working(component)).toBe(false)
    })

    test('LIFE-2 stopping what never started, or is just starting, is safe', async () => {
      const component = await setup.create()
      await component.stop()
      const starting = component.start().catch(() => undefined)
      await component.stop()
      await starting
      expect(await setup.working(component)).toBe(false)
    })

    test('LIFE-3 what was stopped can be started again', async () => {
      const component = await setup.create()
      for (let i = 0; i < 2; i++) {
        await component.start()
        expect(await setup.working(component)).toBe(true)
        await component.stop()
      }
      expect(await setup.working(component)).toBe(false)
    })
  })
}
