import { describe, expect, it } from 'vitest';
import {
  answers,
  basic,
  CLIENT,
  clock,
  desk,
  form,
  givenUp,
  HOUR_MS,
  MINUTE_MS,
  one,
  seen,
  sent,
  tell,
  useDesk,
} from './under-test.ts';
import { withdrawalMessage } from './words.ts';

useDesk();

describe('a provider is told in its own way', () => {
  it('RFC 7009: the refresh token and what it is, as a form, with the client as at the token address', async () => {
    await tell(await givenUp({}));
    expect([sent().method, sent().url, form(sent())]).toEqual([
      'POST',
      '/revoke',
      {
        token: 'fake-refresh-token-0001',
        token_type_hint: 'refresh_token',
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
      },
    ]);
    expect((await one()).state).toBe('withdrawn');
  });

  it('with Basic, client id and secret encoded first, and the access token as JSON', async () => {
    await tell(
      await givenUp({
        revoke_request: 'json',
        revoke_token: 'access_token',
        token_auth_method: 'client_secret_basic',
      }),
    );
    expect(sent().headers.authorization).toBe(basic);
    expect(JSON.parse(sent().body)).toEqual({ token: 'fake-access-token-0001' });
  });

  it('by DELETE at an address with the client id in it, which stays one step of the path', async () => {
    const grant = {
      revoke_url: `${desk.url}/applications/{client_id}/grant`,
      revoke_method: 'DELETE',
      revoke_request: 'json',
      revoke_token: 'access_token',
      revoke_token_param: 'access_token',
      revoke_auth: 'client_secret_basic',
      revoke_gone_statuses: [404],
    };
    answers.push({ status: 404 });
    await tell(await givenUp(grant, { refresh: null }));
    expect([sent().method, sent().url]).toEqual([
      'DELETE',
      `/applications/${encodeURIComponent(CLIENT.id)}/grant`,
    ]);
    expect(sent().headers.authorization).toBe(basic);
    expect(JSON.parse(sent().body)).toEqual({ access_token: 'fake-access-token-0001' });
    // The file says what a 404 means here: there was nothing left.
    expect((await one()).state).toBe('withdrawn');
  });

  it('with the token as bearer and without a body', async () => {
    await tell(await givenUp({ revoke_request: 'bearer', revoke_method: 'DELETE' }, { refresh: null }));
    const { method, headers, body } = sent();
    expect([method, headers.authorization, body]).toEqual(['DELETE', 'Bearer fake-access-token-0001', '']);
    expect(headers['content-type']).toBeUndefined();
  });

  it('with headers and parameters of its own, and the token in the address', async () => {
    await tell(
      await givenUp(
        {
          revoke_url: `${desk.url}/refresh-tokens/{token}`,
          revoke_auth: 'none',
          revoke_token_param: '',
          revoke_headers: { Authorization: 'Client {client_secret}' },
          revoke_params: { client_key: '{client_id}', user: '{account_id}' },
        },
        { refresh: 'fake/refresh ?#1' },
      ),
    );
    expect(sent().url).toBe(`/refresh-tokens/${encodeURIComponent('fake/refresh ?#1')}`);
    expect(sent().headers.authorization).toBe(`Client ${CLIENT.secret}`);
    expect(form(sent())).toEqual({ client_key: CLIENT.id, user: 'acc-1' });
  });
});

describe('what a provider answers', () => {
  it.each([
    [
      'an error in a 200 of a token that has ended',
      { status: 200, body: '{"ok":false,"error":"token_revoked"}' },
    ],
    ['that the token is not known', { status: 400, body: '{"error":"invalid_token"}' }],
  ])('%s: nothing is left to withdraw', async (_, answer) => {
    answers.push(answer);
    await tell(await givenUp({ token_errors: { token_revoked: 'revoked' } }, { refresh: null }));
    expect(await one()).toMatchObject({ state: 'withdrawn', sealed: null });
  });

  it('that it withdraws no such tokens: said at once, with its own words and where a person does it', async () => {
    const body = JSON.stringify({ error: 'unsupported_token_type', error_description: 'Not here.' });
    answers.push({ status: 400, body });
    await tell(await givenUp({}));
    const found = await one();
    expect(found).toMatchObject({
      state: 'not_offered',
      words: 'Not here.',
      sealed: null,
      nextAttemptAt: null,
    });
    expect(found.removeUrl).toBe('https://acme.example/apps');
    expect(withdrawalMessage(found)).toContain('Acme says: “Not here”.');
  });

  it('a failure in a 200 is none of success, and its words come without the token', async () => {
    answers.push({ status: 200, body: '{"ok":false,"error":"cannot end fake-refresh-token-0001 now"}' });
    await tell(await givenUp({}));
    const found = await one();
    expect(found).toMatchObject({ state: 'pending', problem: 'did not do it.' });
    expect(found.words).toBe('cannot end [secret] now');
  });

  it('that an access token has run out: a new one is had for the refresh token, kept, and withdrawn', async () => {
    answers.push(
      { status: 401, body: '{"error":"expired_access_token"}' },
      {
        status: 200,
        body: '{"access_token":"fake-new-access","refresh_token":"fake-new-refresh","token_type":"bearer"}',
      },
      { status: 503 },
      { status: 200 },
    );
    const id = await givenUp({ revoke_request: 'bearer' });
    await tell(id);
    expect(seen.map(({ url, headers }) => [url, headers.authorization ?? null])).toEqual([
      ['/revoke', 'Bearer fake-access-token-0001'],
      ['/token', null],
      ['/revoke', 'Bearer fake-new-access'],
    ]);
    expect((await one()).state).toBe('pending');
    clock.move(MINUTE_MS);
    await tell(id);
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer fake-new-access');
    expect((await one()).state).toBe('withdrawn');
  });
});

describe('an access token that has run out', () => {
  it('is not what is withdrawn while there is a refresh token: many say that it is done, and keep that one', async () => {
    const id = await givenUp({ revoke_token: 'access_token' });
    clock.move(2 * HOUR_MS);
    answers.push({ status: 200, body: '{"access_token":"fake-new-access","expires_in":3600}' });
    await tell(id);
    expect(seen.map(({ url, body }) => [url, new URLSearchParams(body).get('token')])).toEqual([
      ['/token', null],
      ['/revoke', 'fake-new-access'],
    ]);
    expect((await one()).state).toBe('withdrawn');
  });
});
