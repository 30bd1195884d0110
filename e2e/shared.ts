import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launch, type Visit, visit } from './browser.ts';
import { type SignedIn, type Stage, type StageOptions, startStage } from './stage.ts';

/** What all tests of one file share: one server, one browser, the owner in front of it. */
export interface Shared {
  readonly stage: Stage;
  readonly browser: Browser;
  readonly signedIn: SignedIn;
  /** The owner's window; every test goes where it needs to be. */
  readonly page: Page;
}

/**
 * To be called once in a file, outside of its tests: starts everything before them and ends it after. After each test
 * nothing must have happened in the browser that must not (`expected`: what a test brings about by purpose).
 */
export function shareStage(options: StageOptions & { expected?: RegExp } = {}): Shared {
  const { expected, ...sandbox } = options;
  let stage: Stage;
  let browser: Browser;
  let signedIn: SignedIn;
  let person: Visit;
  beforeAll(async () => {
    [stage, browser] = await Promise.all([startStage(sandbox), launch()]);
    signedIn = await stage.signIn();
    person = await visit(browser, stage.url, { signedIn, ...(expected && { expected }) });
  });
  afterEach(() => {
    expect(person.problems.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  return {
    get stage() {
      return stage;
    },
    get browser() {
      return browser;
    },
    get signedIn() {
      return signedIn;
    },
    get page() {
      return person.page;
    },
  };
}
