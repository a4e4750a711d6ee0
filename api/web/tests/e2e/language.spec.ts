import type { Page } from '@playwright/test'
import { expect, open, test } from './page'

/** Texts and spoken names of the page, leaving out what is marked as being in the other language. */
async function wordsOf(page: Page, other: 'zh' | 'en'): Promise<string[]> {
  return page.evaluate((skip) => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement
      if (!element || element.closest(`[lang=${skip}], script, style`)) continue
      if (node instanceof Element) {
        for (const name of ['title', 'aria-label', 'placeholder']) found.push(node.getAttribute(name) ?? '')
      } else found.push(node.textContent ?? '')
    }
    return found.map((text) => text.trim()).filter(Boolean)
  }, other)
}

const CARD = '&tab=feature'

async function aFeature(page: Page): Promise<string> {
  const answer = await page.request.get('/ogc/collections/old_compound/items?limit=1')
  const { features } = (await answer.json()) as { features: { id: string }[] }
  return `feature=old_compound/${features[0]?.id ?? ''}`
}

test('English leaves no Chinese words of the page', async ({ page }) => {
  await open(page, '?lang=en')
  await page.getByText('Where from?').first().click()
  const chinese = (texts: string[]): string[] => texts.filter((text) => /[\u4e00-\u9fff]/.test(text))
  expect(chinese(await wordsOf(page, 'zh'))).toEqual([])
  await open(page, `?lang=en&${await aFeature(page)}${CARD}`)
  await expect(page.getByRole('article')).toBeVisible()
  expect(chinese(await wordsOf(page, 'zh'))).toEqual([])
  await page.getByRole('button', { name: 'Sign in' }).click()
  expect(chinese(await wordsOf(page, 'zh'))).toEqual([])
})

test('Chinese holds no English sentences', async ({ page }) => {
  const english = (texts: string[]): string[] =>
    texts.filter((text) => /[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}/.test(text) && !/OpenStreetMap contributors/.test(text))
  await open(page)
  await page.getByText('数从何来').first().click()
  expect(english(await wordsOf(page, 'en'))).toEqual([])
  await open(page, `?${await aFeature(page)}${CARD}`)
  await expect(page.getByRole('article')).toBeVisible()
  expect(english(await wordsOf(page, 'en'))).toEqual([])
})

test('the switch changes every text and the address', async ({ page }) => {
  await open(page)
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await page.getByRole('button', { name: '切换为英文' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expect(page.getByRole('heading', { name: 'Layers' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Map' }).or(page.getByLabel(/^Map\. Arrow keys/))).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('heading', { name: '图层' })).toBeVisible()
})
