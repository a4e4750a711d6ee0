/** Names of street offices and communities for their statistical codes, read one by one and remembered. */
import { reactive } from 'vue'
import { fetchRows } from '@/client'

/** Shared fields that hold a place's code, and the layer that names the place. */
const LAYERS: Record<string, string> = { subdistrict: 'admin_subdistrict', community: 'community' }

const names = reactive(new Map<string, string>())

export function usePlaces(): (field: string, code: string) => string {
  return (field, code) => {
    const layer = LAYERS[field]
    if (!layer) return code
    const known = names.get(code)
    if (known !== undefined) return known
    names.set(code, code)
    void readName(layer, code)
    return code
  }
}

async function readName(layer: string, code: string): Promise<void> {
  try {
    const { features } = await fetchRows(layer, { code }, 1)
    const name = features[0]?.properties.name
    if (typeof name === 'string') names.set(code, name)
  } catch {
    // The code itself stays, which is correct if less friendly; the next card asks again.
    names.delete(code)
  }
}
