/** Lists that leave the page: CSV for anything, XLSX for the office, each with where its figures come from. */

import { tellOfExport } from '@/client'

export type Cell = string | number | null
export interface Sheet {
  /** Name of the file without its ending, and of the sheet. */
  name: string
  columns: readonly string[]
  rows: readonly (readonly Cell[])[]
  /** What a reader must know of the figures: day, source, rule. */
  notes: readonly (readonly [string, string])[]
}

/** A text that begins like a formula is not one: a spreadsheet would run it. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

function field(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = harmless(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** With a byte order mark, or Excel takes Chinese for something else. */
export function csvOf({ columns, rows, notes }: Sheet): string {
  const lines = [columns, ...rows, [], ...notes].map((line) => line.map(field).join(','))
  return `\ufeff${lines.join('\r\n')}\r\n`
}

export async function saveCsv(sheet: Sheet): Promise<void> {
  await tell(sheet, 'CSV')
  save(new Blob([csvOf(sheet)], { type: 'text/csv;charset=utf-8' }), `${sheet.name}.csv`)
}

export async function saveXlsx(sheet: Sheet, notesName: string): Promise<void> {
  const { default: write } = await import('write-excel-file/browser')
  const head = sheet.columns.map((value) => ({ value, fontWeight: 'bold' as const }))
  const notes = sheet.notes.map(([name, text]) => [{ value: name }, { value: text }])
  const blob = await write([
    { data: [head, ...sheet.rows.map((row) => row.map((value) => (value === null ? null : { value })))], sheet: sheet.name.slice(0, 31), stickyRowsCount: 1 },
    { data: notes, sheet: notesName, columns: [{ width: 16 }, { width: 100 }] },
  ]).toBlob()
  await tell(sheet, 'XLSX')
  save(blob, `${sheet.name}.xlsx`)
}

/** Every list that leaves stands in the audit, like the files of the service. */
function tell({ name, rows }: Sheet, format: 'CSV' | 'XLSX'): Promise<void> {
  return tellOfExport({ file: `${name}.${format.toLowerCase()}`, format, rows: rows.length })
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
