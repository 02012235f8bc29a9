import { describe, expect, test } from 'vitest'
import { formatDuration, formatSize, parseDuration, parseHours, parseSize } from '../../../node-agent/config/index.ts'

describe('units', () => {
  test.each([
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['90d', 7_776_000_000],
    ['2w', 1_209_600_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['0s', 0],
    ['', undefined],
    ['10', undefined],
    ['m', undefined],
    ['-1m', undefined],
    ['1.5h', undefined],
    ['10 m', undefined],
    ['10M', undefined],
    ['99999999999999999d', undefined],
  ])('CFG-8 duration %j is %j ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each([
    ['512B', 512],
    ['10MiB', 10_485_760],
    ['2GiB', 2_147_483_648],
    ['10MB', undefined],
    ['10', undefined],
    ['1.5GiB', undefined],
    ['99999999TiB', undefined],
  ])('CFG-8 size %j is %j bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  test.each([
    [0, '0 B'],
    [1023, '1.00 KiB'],
    [999, '999 B'],
    [1536, '1.50 KiB'],
    [10_485_760, '10.0 MiB'],
    [1_288_490_188, '1.20 GiB'],
    [523_239_424, '499 MiB'],
  ])('CLI-6 %d bytes are shown as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))

  test.each([
    [0.43, '0.4ms'],
    [20.4, '20ms'],
    [1500, '1.5s'],
    [59_999, '60s'],
    [60_000, '1m'],
    [93_600_000, '1d 2h'],
    [7_776_000_000, '90d'],
    [3_601_000, '1h'],
  ])('CLI-6 %d ms are shown as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})

test('CFG-7 parts of the day are read to the minute, over midnight too', () => {
  expect(parseHours('22:00-06:30')).toEqual({ from: 1320, to: 390 })
  expect(parseHours('00:00-23:59')).toEqual({ from: 0, to: 1439 })
  for (const wrong of [
    '',
    '22:00',
    '22:00-22:00',
    '24:00-01:00',
    '1:00-2:00',
    '10:60-11:00',
    ' 10:00-11:00',
    '10:00–11:00',
  ])
    expect(parseHours(wrong)).toBeUndefined()
})
