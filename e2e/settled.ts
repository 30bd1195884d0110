import type { Page } from 'playwright-core';
import { eventually } from './browser.ts';

/**
 * Everything is loaded and stands still; of animations only those without an end go on. What was just changed, such as the
 * colours or the size of the window, is told to the page before its next frame, and what the page makes of it moves in the one
 * after that.
 */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading').or(page.getByRole('grid')).first().waitFor();
  await eventually(() => page.getByRole('status', { name: /^Loading/ }).count()).toBe(0);
  await page.evaluate('new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))');
  await page.waitForFunction(() => {
    const { document } = globalThis as unknown as { document: { getAnimations(): Moving[] } };
    return document
      .getAnimations()
      .every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity);
  });
}

/** What is needed of https://developer.mozilla.org/docs/Web/API/Animation */
interface Moving {
  playState: string;
  effect: { getTiming(): { iterations: number } };
}
