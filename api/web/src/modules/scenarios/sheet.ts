/** The table of who moves, as a workbook; the writer is loaded when somebody saves. */
import type { Moved } from './compare'

type Cell = string | number

export function benefitRows(moved: readonly Moved[]): Cell[][] {
  return moved.map((row) => [row.code, row.name, row.buildingsIn, row.peopleIn, row.buildingsOut, row.peopleOut])
}

export async function saveSheet(file: string, heads: readonly string[], rows: readonly Cell[][], about: string): Promise<void> {
  const { default: writeExcelFile } = await import('write-excel-file/browser')
  const bold = heads.map((value) => ({ value, fontWeight: 'bold' as const }))
  const plain = rows.map((row) => row.map((value) => ({ value })))
  await writeExcelFile([[{ value: about }], bold, ...plain]).toFile(file)
}
