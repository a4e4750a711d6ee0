import { expect, it } from 'vitest'
import { csvOf } from '@/modules/ledger/lists'

it('a list is CSV that Excel reads as Chinese, with its notes below, and no text of it runs as a formula', () => {
  const csv = csvOf({
    name: 'x',
    columns: ['名称', '完成'],
    rows: [
      ['甲, "乙"', 12.5],
      ['=HYPERLINK("http://x")', null],
      ['-3', -3],
    ],
    notes: [['数据截至', '2024-06-29']],
  })
  expect(csv).toBe(
    '\ufeff名称,完成\r\n"甲, ""乙""",12.5\r\n"\'=HYPERLINK(""http://x"")",\r\n\'-3,-3\r\n\r\n数据截至,2024-06-29\r\n',
  )
})
