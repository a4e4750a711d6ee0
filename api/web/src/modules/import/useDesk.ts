/** The state of the desk: the imports there are, the one that is open, and what a person is about to decide. */
import { computed, reactive, ref, shallowRef } from 'vue'
import { useCatalogue, useChoice } from '@/modules/layers'
import { useTargets } from '@/modules/targets'
import { connectionLost, onReconnected } from '@/shared/useConnection'
import { useLoad } from '@/shared/useLoad'
import { changeImport, confirmImport, dropImport, fetchImport, fetchPreview, listImports, sendFiles, undoImport } from './api'
import type { Import, ImportChange, ImportPreview, ImportUndone } from './types'
import { changed, verdictOf } from './words'

const LISTED = 50
const ASK_AGAIN_MS = 700

const list = useLoad(() => listImports(LISTED))
const current = shallowRef<Import | null>(null)
const preview = shallowRef<ImportPreview | null>(null)
const undone = shallowRef<ImportUndone | null>(null)
const draft = reactive<ImportChange>({})
/** What went wrong with the last thing that was asked for. */
const error = shallowRef<unknown>(null)
/** Share of the upload that is sent, while one is. */
const sent = ref<number | null>(null)
const busy = ref(false)
let sending: AbortController | null = null
let timer: ReturnType<typeof setTimeout> | undefined

const working = computed(() => current.value !== null && verdictOf(current.value) === 'working')
const pending = computed(() => (current.value ? changed(current.value, draft) : {}))
const { reload: reloadCatalogue, byId } = useCatalogue()
const { reload: reloadTargets } = useTargets()
const choice = useChoice()

function forgetDraft(): void {
  for (const name of Object.keys(draft) as (keyof ImportChange)[]) Reflect.deleteProperty(draft, name)
}

function take(next: Import): void {
  const before = current.value
  if (before?.id !== next.id) {
    preview.value = null
    undone.value = null
    forgetDraft()
  } else if (before.state === 'storing' && next.state === 'stored') showStored(next)
  current.value = next
  clearTimeout(timer)
  if (verdictOf(next) === 'working') timer = setTimeout(() => void ask(next.id), ASK_AGAIN_MS)
  else {
    if (before?.id === next.id && before.updated_at !== next.updated_at) forgetDraft()
    if (next.links.preview) void readPreview(next)
    else preview.value = null
  }
}

/** Whatever else is on screen, the map has the new features and the targets count them. */
function showStored(one: Import): void {
  refreshPage()
  if (one.layer && byId.value.get(one.layer)?.geometry !== 'none') choice.set([one.layer], true)
}

function refreshPage(): void {
  void reloadCatalogue()
  void reloadTargets()
  void list.run()
}

async function ask(id: string): Promise<void> {
  await attempt(async () => {
    const next = await fetchImport(id)
    if (current.value?.id === id) take(next)
  }, () => void ask(id))
}

async function readPreview(one: Import): Promise<void> {
  await attempt(async () => {
    const next = await fetchPreview(one.id)
    if (current.value?.id === one.id && current.value.updated_at === one.updated_at) preview.value = next
  }, () => void readPreview(one))
}

/** Run a call; if the server is away, `again` runs when it is back. */
async function attempt(action: () => Promise<void>, again?: () => void): Promise<boolean> {
  busy.value = true
  try {
    await action()
    error.value = null
    return true
  } catch (caught) {
    if (caught instanceof DOMException && caught.name === 'AbortError') return false
    error.value = caught
    if (connectionLost(caught) && again) onReconnected(again)
    return false
  } finally {
    busy.value = false
  }
}

async function send(files: readonly File[], wishes: Pick<ImportChange, 'layer' | 'mode'>): Promise<boolean> {
  const form = new FormData()
  for (const file of files) form.append('files', file, file.name)
  for (const [name, value] of Object.entries(wishes)) if (value) form.append(name, value)
  sending = new AbortController()
  const { signal } = sending
  sent.value = 0
  try {
    return await attempt(async () => {
      take(await sendFiles(form, (share) => (sent.value = share), signal))
      void list.run()
    })
  } finally {
    sent.value = null
    sending = null
  }
}

async function onCurrent(action: (id: string) => Promise<void>): Promise<boolean> {
  const id = current.value?.id
  return id === undefined ? false : attempt(() => action(id))
}

function close(): void {
  clearTimeout(timer)
  current.value = null
  preview.value = null
  undone.value = null
  error.value = null
  forgetDraft()
  void list.run()
}

export function useDesk() {
  return {
    list,
    current,
    preview,
    undone,
    draft,
    pending,
    error,
    sent,
    busy,
    working,
    send,
    stopSending: () => sending?.abort(),
    open: (one: Import) => take(one),
    close,
    judgeAgain: () => onCurrent(async (id) => take(await changeImport(id, pending.value))),
    confirm: () => onCurrent(async (id) => take(await confirmImport(id))),
    undo: () =>
      onCurrent(async (id) => {
        undone.value = await undoImport(id)
        take(await fetchImport(id))
        refreshPage()
      }),
    drop: () =>
      onCurrent(async (id) => {
        await dropImport(id)
        close()
      }),
    dismiss: () => (error.value = null),
    forgetDraft,
  }
}
