import type { HostLine } from '../../../protocol/control/window.ts'
import type { Column } from '../../components/data-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { Age, Bytes } from '../../components/values.tsx'
import { formatDuration, formatRate } from '../../state/format.ts'
import { formatRoute, type Route } from '../../state/route.ts'
import { showText } from '../../state/text.ts'

const transferColumns: readonly Column<HostLine>[] = [
  {
    id: 'left',
    title: 'Left',
    width: '72px',
    numeric: true,
    sortable: true,
    render: (line) => <Bytes value={line.left} />,
  },
  {
    id: 'rate',
    title: 'Rate',
    width: '84px',
    numeric: true,
    sortable: true,
    render: (line) => (line.rate === null ? <span className="quiet">–</span> : formatRate(line.rate)),
  },
  {
    id: 'eta',
    title: 'Time left',
    width: '72px',
    numeric: true,
    sortable: true,
    render: (line) =>
      line.secondsLeft === null ? (
        <span className="quiet">–</span>
      ) : (
        formatDuration(Math.max(1, line.secondsLeft) * 1000)
      ),
  },
]

const heardColumn = (nowMs: number): Column<HostLine> => ({
  id: 'heard',
  title: 'Heard',
  width: '58px',
  numeric: true,
  sortable: true,
  render: (line) => <Age atMs={line.heardMs} nowMs={nowMs} />,
})

/** The columns of the table of hosts. A state says how far, or why. */
export const hostColumns = (
  nowMs: number,
  selected: ReadonlySet<string>,
  onSelect: (host: string) => void,
  shown: { readonly all: boolean; readonly toggle: () => void },
  placeOf: (host: string) => Route,
  /** Beside an open drawer there is room for what tells hosts apart only. */
  narrow: boolean,
): readonly Column<HostLine>[] => [
  {
    id: 'select',
    title: 'Select',
    width: '20px',
    head: (
      <label className="check">
        <input
          type="checkbox"
          checked={shown.all}
          onChange={shown.toggle}
          aria-label="Select the rows that are loaded"
        />
      </label>
    ),
    render: (line) => (
      <label className="check">
        <input
          type="checkbox"
          checked={selected.has(line.host)}
          onChange={() => onSelect(line.host)}
          aria-label={`Select ${line.host}`}
        />
      </label>
    ),
  },
  {
    id: 'host',
    title: 'Host',
    names: true,
    width: narrow ? 'minmax(96px, 1.4fr)' : 'minmax(110px, 1.4fr)',
    sortable: true,
    render: (line) => <a href={formatRoute(placeOf(line.host))}>{showText(line.host, { max: 100 })}</a>,
  },
  { id: 'site', title: 'Site', width: 'minmax(52px, 0.8fr)', sortable: true, render: (line) => line.site },
  {
    id: 'release',
    title: 'Release',
    width: narrow ? 'minmax(88px, 1fr)' : 'minmax(132px, 1fr)',
    sortable: true,
    render: (line) =>
      line.channel === null ? (
        <span className="quiet">no target</span>
      ) : (
        <>
          {line.channel}@{line.release === 0 ? 'none' : line.release}
          {line.want !== line.release && line.want > 0 && <span className="quiet"> → {line.want}</span>}
        </>
      ),
  },
  {
    id: 'state',
    title: 'State',
    width: narrow ? 'minmax(104px, 2fr)' : 'minmax(130px, 2fr)',
    sortable: true,
    render: (line) => (
      <StateMark state={line.state}>
        {line.error !== null && <span className="quiet"> {showText(line.error, { max: 160 })}</span>}
        {line.stale > 0 && <span className="held"> · {line.stale} stale</span>}
      </StateMark>
    ),
  },
  ...(narrow ? [] : [...transferColumns, heardColumn(nowMs)]),
]
