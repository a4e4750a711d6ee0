/** Cut a text where its script changes, so that each piece can be marked with its language. */

export interface Run {
  text: string
  chinese: boolean
}

const CHINESE = /[\u3001-\u303f\u3400-\u9fff\uff01-\uff60]+/g

export function runsOf(text: string): Run[] {
  const runs: Run[] = []
  let end = 0
  for (const match of text.matchAll(CHINESE)) {
    if (match.index > end) runs.push({ text: text.slice(end, match.index), chinese: false })
    runs.push({ text: match[0], chinese: true })
    end = match.index + match[0].length
  }
  if (end < text.length) runs.push({ text: text.slice(end), chinese: false })
  return runs
}
