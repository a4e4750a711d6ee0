/** What opens in the drawer beside the targets and the feature: tabs for everyone, desks for those whose work it is. */
import { defineAsyncComponent, type Component } from 'vue'
import type { Account } from '@/client'
import type { IconName } from '@/shared/AppIcon.vue'
import type { Tab } from '@/shared/viewState'

export interface PanelEntry {
  id: Exclude<Tab, 'targets' | 'feature'>
  icon: IconName
  /** A desk opens from the menu of whoever is signed in, and is wide. */
  kind: 'tab' | 'desk'
  /** Who is offered it; null means everyone. The server decides what they may do there. */
  roles: readonly Account['role'][] | null
  /** Loaded when first opened; it takes no properties and finds its state in composables. */
  component: Component
}

export const PANELS: readonly PanelEntry[] = [
  {
    id: 'coverage',
    icon: 'reach',
    kind: 'tab',
    roles: null,
    component: defineAsyncComponent(() => import('@/modules/coverage/CoveragePanel.vue')),
  },
  {
    id: 'scenarios',
    icon: 'branch',
    kind: 'tab',
    roles: null,
    component: defineAsyncComponent(() => import('@/modules/scenarios/ScenariosPanel.vue')),
  },
  {
    id: 'import',
    icon: 'upload',
    kind: 'desk',
    roles: ['planner', 'bureau', 'admin'],
    component: defineAsyncComponent(() => import('@/modules/import/ImportPanel.vue')),
  },
  {
    id: 'ledger',
    icon: 'table',
    kind: 'desk',
    roles: ['viewer', 'field', 'planner', 'bureau', 'admin'],
    component: defineAsyncComponent(() => import('@/modules/ledger/LedgerPanel.vue')),
  },
  {
    id: 'approvals',
    icon: 'feature',
    kind: 'desk',
    roles: ['field', 'planner', 'bureau', 'admin'],
    component: defineAsyncComponent(() => import('@/modules/approvals/ApprovalsPanel.vue')),
  },
  {
    id: 'conflicts',
    icon: 'branch',
    kind: 'desk',
    roles: ['field', 'planner', 'bureau', 'admin'],
    component: defineAsyncComponent(() => import('@/modules/conflicts/ConflictsPanel.vue')),
  },
  {
    id: 'accounts',
    icon: 'lock',
    kind: 'desk',
    roles: ['viewer', 'field', 'planner', 'bureau', 'admin'],
    component: defineAsyncComponent(() => import('@/modules/accounts/AccountsPanel.vue')),
  },
]

export function panelsFor(role: Account['role'], kind: PanelEntry['kind']): PanelEntry[] {
  return PANELS.filter((panel) => panel.kind === kind && (panel.roles === null || panel.roles.includes(role)))
}

export function isDesk(tab: Tab | null): boolean {
  return PANELS.some(({ id, kind }) => id === tab && kind === 'desk')
}
