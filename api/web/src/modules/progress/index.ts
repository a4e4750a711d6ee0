/** What the rest of the page needs of the ledger; the forms and the history load when a card first shows them. */
import { defineAsyncComponent } from 'vue'

export { findReceipt, photoPath, sendEvent, type EventSent, type Receipt, type Story, type StoryEvent } from './api'
export { dayIn, momentOf, momentText, newId } from './entry'
export { noteRecorded, useRecorded } from './recorded'
export { useSending, type Outcome } from './useSending'
export { useStory } from './useStory'
export const HistoryList = defineAsyncComponent(() => import('./HistoryList.vue'))
export const StorySection = defineAsyncComponent(() => import('./StorySection.vue'))
export const ReceiptFacts = defineAsyncComponent(() => import('./ReceiptFacts.vue'))
