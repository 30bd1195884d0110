import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { SignIn } from './authorization/sign-in.ts';
import { type SignInTrial, startSignInTrial, type TrialOptions } from './sign-in-trial.ts';

const trials: SignInTrial[] = [];
afterEach(() => Promise.all(trials.splice(0).map((trial) => trial.close())));

const REVOCATION = 'revoke_url: ISSUER/token/revocation';

async function start(options: TrialOptions = { method: REVOCATION }) {
  const trial = await startSignInTrial(options);
  trials.push(trial);
  const { owner } = trial.app;
  return {
    ...trial,
    owner,
    connect: async (given?: SignIn) => {
      const { id } = await trial.signIn({}, given);
      const connectionId = (await owner.get(`/v1/oauth/authorizations/${id}`)).json.connection_id as string;
      const token = await trial.app.token();
      const handed = await token.get(`/v1/connections/${connectionId}/credentials`);
      return { connectionId, accessToken: handed.json.credentials.access_token as string };
    },
    isGood: async (accessToken: string) => {
      const response = await fetch(trial.provider.apiUrl, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      return response.status === 200;
    },
    lastEvent: async (id: string) =>
      (await owner.get(`/v1/connections/${id}/events`)).json.data[0].message as string,
  };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  const endAt = Date.now() + 10_000;
  while (!(await is())) {
    if (Date.now() > endAt) throw new Error('it did not come about');
    await sleep(20);
  }
}

test('access is withdrawn at the provider when its connection is disconnected, and the timeline says so', async () => {
  const { owner, connect, isGood, lastEvent } = await start();
  const { connectionId, accessToken } = await connect();
  expect(await isGood(accessToken)).toBe(true);
  expect((await owner.post(`/v1/connections/${connectionId}/disconnect`)).status).toBe(200);
  await until(async () => (await lastEvent(connectionId)).startsWith('Access was withdrawn at Trial, too.'));
  expect(await isGood(accessToken)).toBe(false);
});

test('access is withdrawn at the provider when its connection is deleted', async () => {
  const { owner, connect, isGood } = await start();
  const { connectionId, accessToken } = await connect();
  expect((await owner.delete(`/v1/connections/${connectionId}`)).status).toBe(204);
  await until(async () => !(await isGood(accessToken)));
});

test('nothing is withdrawn while another connection is of the same account', async () => {
  const { owner, connect, isGood, lastEvent } = await start();
  const [one, same] = [await connect({ account: 'ada' }), await connect({ account: 'ada' })];
  const other = await connect({ account: 'grace' });
  await owner.post(`/v1/connections/${other.connectionId}/disconnect`);
  await until(async () => !(await isGood(other.accessToken)));
  await owner.post(`/v1/connections/${same.connectionId}/disconnect`);
  await sleep(300);
  expect(await lastEvent(same.connectionId)).toMatch(/^Disconnected\./);
  expect([await isGood(one.accessToken), await isGood(same.accessToken)]).toEqual([true, true]);
});

test('disconnecting does not depend on the provider: what could not be withdrawn is said', async () => {
  const { owner, connect, lastEvent } = await start({ method: 'revoke_url: ISSUER/no-such-page' });
  const { connectionId } = await connect();
  expect((await owner.post(`/v1/connections/${connectionId}/disconnect`)).status).toBe(200);
  await until(async () => (await lastEvent(connectionId)).startsWith('Trial could not be told'));
  expect((await owner.get(`/v1/connections/${connectionId}`)).json.status).toBe('disconnected');
});

test('a provider without an address for it is named, with what to do', async () => {
  const { owner, connect, lastEvent } = await start({});
  const { connectionId } = await connect();
  await owner.post(`/v1/connections/${connectionId}/disconnect`);
  await until(async () => /offers no way to withdraw access from here/.test(await lastEvent(connectionId)));
});
