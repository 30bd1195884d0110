import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Answer, type Client, startApp, type TestApp } from '../../test/app.ts';
import { type Crm, crm, described, startCrm } from '../../test/crm.ts';

export const NEW_KEY = 'fake-acme-key-0002';
export let app: TestApp;
export let server: Crm;
export let elsewhere: Crm;
export let stranger: Client;

/** A server and two tools that a workspace may describe, for the tests of one file. */
export function useTools(): void {
  beforeAll(async () => {
    server = await startCrm();
    elsewhere = await startCrm(NEW_KEY);
    app = await startApp({
      settings: {
        KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${server.port},127.0.0.1:${elsewhere.port}`,
        KEYRAIL_PUBLIC_URL: 'http://127.0.0.1:4400',
      },
    });
    stranger = (await app.outsider()).client;
  });
  afterAll(async () => {
    await app.close();
    await server.close();
    await elsewhere.close();
  });
  beforeEach(() => {
    server.seen.length = 0;
    elsewhere.seen.length = 0;
  });
}

let count = 0;
export const wanted = (more: object = {}) => {
  count += 1;
  return described(server.origin, { name: `Acme CRM ${count}`, ...more });
};

export async function made(more: object = {}, by: Client = app.owner): Promise<Answer['json']> {
  const answer = await by.post('/v1/custom-integrations', wanted(more));
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

export async function connected(
  slug: string,
  credentials: object = { api_key: crm.key },
): Promise<Answer['json']> {
  const answer = await app.owner.post('/v1/connections', { integration: slug, credentials });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}
