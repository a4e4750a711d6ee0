/** Some features of a layer, in the words of the service's filters. */
import type { components } from '@/client/schema'

export type Choice = components['schemas']['LayerChoice']

/** One filter for each combination of values: a filter compares a field with one value. */
export function filtersOf(choice: Choice): Record<string, string>[] {
  const wanted = Object.entries(choice.where)
  if (choice.stages.length > 0) wanted.push(['stage', choice.stages])
  return wanted.reduce<Record<string, string>[]>(
    (filters, [field, values]) => filters.flatMap((filter) => values.map((value) => ({ ...filter, [field]: value }))),
    [{}],
  )
}
