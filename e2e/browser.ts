import {
  type Browser,
  type BrowserContext,
  type ConsoleMessage,
  chromium,
  type Page,
  type Request,
} from 'playwright-core';
import { expect } from 'vitest';
import type { SignedIn } from './stage.ts';

/** How long something may take to come into sight: as long as anything that is asked for until it holds. */
const SIGHT_MS = 60_000;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
  });
}

/** Somebody in front of a browser. */
export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Everything that must not happen in a browser, and did. */
  problems: string[];
  /** Whether nothing that its pages asked for is under way. */
  isQuiet(): boolean;
  /** Ends it; fails where something happened that must not. */
  end(): Promise<void>;
}

export interface VisitOptions {
  signedIn?: SignedIn;
  dark?: boolean;
  /** Problems that this journey brings about by purpose. */
  expected?: RegExp;
}

/**
 * A browser window of its own. It watches for errors in the console, violations of the content security policy, answers 5xx
 * and requests to any other host than ours.
 */
export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: options.dark ? 'dark' : 'light',
    viewport: { width: 1360, height: 860 },
    // Where a day ends is where the tests believe it does, whatever the machine.
    timezoneId: 'UTC',
    acceptDownloads: true,
  });
  context.setDefaultTimeout(SIGHT_MS);
  if (options.signedIn) await context.addCookies([{ ...options.signedIn.cookie, httpOnly: true }]);
  const problems: string[] = [];
  const tell = (problem: string) => {
    if (!options.expected?.test(problem)) problems.push(problem);
  };
  await watchPolicy(context);
  const underWay = watchRequests(context);
  context.on('request', (request) => {
    if (!isOwn(request.url(), url)) tell(`a request to a third party: ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 500) tell(`${response.status()} from ${response.url()}`);
  });
  context.on('console', (message) => {
    if (isTrouble(message)) tell(`${message.type()} in the console: ${message.text()}`);
  });
  context.on('weberror', (error) => tell(`an error nobody caught: ${error.error().stack}`));
  const page = await context.newPage();
  return {
    page,
    context,
    problems,
    isQuiet: () => underWay.size === 0,
    end: async () => {
      await context.close();
      expect(problems).toEqual([]);
    },
  };
}

function watchRequests(context: BrowserContext): ReadonlySet<Request> {
  const underWay = new Set<Request>();
  context.on('request', (request) => underWay.add(request));
  context.on('requestfinished', (request) => underWay.delete(request));
  context.on('requestfailed', (request) => underWay.delete(request));
  // Of what a window that is closed had asked for nothing more is told.
  context.on('page', (page) =>
    page.on('close', () => {
      for (const request of underWay) if (request.frame().page() === page) underWay.delete(request);
    }),
  );
  return underWay;
}

/** Reported by the page itself, so that no violation is missed for how the browser words it. */
async function watchPolicy(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched = globalThis as unknown as {
      addEventListener(name: string, listener: (event: Record<string, string>) => void): void;
    };
    watched.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} ${event.sourceFile}`);
    });
  });
}

/** What a browser says by itself about an answer 4xx is no mistake: a wrong key is answered so. */
function isTrouble(message: ConsoleMessage): boolean {
  if (message.type() !== 'error' && message.type() !== 'warning') return false;
  return !/^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
}

function isOwn(address: string, url: string): boolean {
  return /^(data|blob|about):/.test(address) || new URL(address).origin === new URL(url).origin;
}

/** Waits until it can be seen. */
export async function sees(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor();
}

/** Like `expect`, but asks again until it holds. */
export function eventually<Value>(ask: () => Value) {
  return expect.poll(ask, { timeout: SIGHT_MS });
}
