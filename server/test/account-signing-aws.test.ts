import { describe, expect, it } from 'vitest';
import {
  app,
  callsThroughBoth,
  connect,
  connected,
  last,
  startSigningServers,
  tools,
} from './signing-servers.ts';
import { until } from './until.ts';
import { AWS, awsError, awsKeys, clock, HOUR_MS, instead, ROLE, S3, USER_KEY } from './watched-accounts.ts';
import type { Reply } from './watched-tools.ts';

startSigningServers();

describe('an AWS key that takes on a role', () => {
  const entered = (more: object = {}) => ({
    access_key_id: USER_KEY.id,
    secret_access_key: USER_KEY.secret,
    region: 'eu-central-1',
    role_arn: ROLE,
    external_id: 'external-0001',
    session_name: 'keyrail-test',
    ...more,
  });
  /** Others are renewed by the clock meanwhile: each case has a session name of its own. */
  const assumed = (session: string) =>
    tools.to(AWS).filter(({ form }) => form.get('RoleSessionName') === session);

  it('asks for temporary keys once, signed as aws4 signs, and these sign every request from then on', async () => {
    const id = await connected('aws-s3', undefined, entered({ session_name: 'once' }));
    expect(await callsThroughBoth(id, '?max-buckets=1')).toEqual(Array(12).fill(200));
    const [asked, ...others] = assumed('once');
    expect(others).toEqual([]);
    expect(Object.fromEntries(asked?.form ?? [])).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'once',
      DurationSeconds: '3600',
      ExternalId: 'external-0001',
    });
    const used = tools
      .to(S3)
      .map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]);
    expect(new Set(used)).toEqual(new Set([expect.stringMatching(/^ASIAWATCHED/)]));
    expect(tools.to(S3).every(({ headers }) => (headers['x-amz-security-token'] ?? '') !== '')).toBe(true);
    const read = await app.owner.get(`/v1/connections/${id}/credentials`);
    expect(read.json.credentials).toEqual({
      access_key_id: used[0],
      secret_access_key: awsKeys.get(used[0] ?? '')?.secret,
      session_token: awsKeys.get(used[0] ?? '')?.token,
    });
    const shown = (await app.owner.get(`/v1/connections/${id}`)).text;
    expect(shown).toContain(ROLE);
    for (const { secret } of awsKeys.values()) expect(shown).not.toContain(secret);
  });

  it('asks for new ones once when they have ended, however many calls of two servers need them', async () => {
    const id = await connected(
      'aws-s3',
      undefined,
      entered({ session_name: 'again', duration_seconds: '900' }),
    );
    clock.forward(HOUR_MS / 4 + 1);
    expect(await callsThroughBoth(id, '')).toEqual(Array(12).fill(200));
    expect(assumed('again')).toHaveLength(2);
    for (const key of awsKeys.values()) if (key.endsAt !== undefined) key.endsAt = 0;
    expect(await callsThroughBoth(id, '')).toEqual(Array(12).fill(200));
    expect(assumed('again')).toHaveLength(3);
  });

  it('is replaced by another key of the same user, and goes on taking on the role until that is taken away', async () => {
    const id = await connected('aws-s3', undefined, entered({ session_name: 'other-key' }));
    const second = { access_key_id: 'AKIAFAKEUSER00000002', secret_access_key: 'watchedSecretUser/0002' };
    awsKeys.set(second.access_key_id, { secret: second.secret_access_key });
    const replaced = await app.owner.patch(`/v1/connections/${id}`, { credentials: second });
    expect(replaced.status, replaced.text).toBe(200);
    expect(last(assumed('other-key')).headers.authorization).toContain(second.access_key_id);
    expect(await callsThroughBoth(id, '', 4)).toEqual(Array(4).fill(200));
    const without = await app.owner.patch(`/v1/connections/${id}`, {
      credentials: { ...second, role_arn: '' },
    });
    expect(without.status, without.text).toBe(200);
    // The other server hears of it a moment later, and until then uses what was good a moment ago.
    await until(async () => {
      expect(await callsThroughBoth(id, '', 2)).toEqual([200, 200]);
      const both = tools.to(S3).slice(-2);
      return both.every(({ headers }) => headers.authorization?.includes(second.access_key_id));
    });
  });

  it.each<[string, object, string]>([
    ['a role that is none', { role_arn: 'keyrail' }, 'role_arn'],
    ['a user for a role', { role_arn: 'arn:aws:iam::123456789012:user/keyrail' }, 'role_arn'],
    ['a role of ten thousand letters', { role_arn: `${ROLE}${'x'.repeat(10_000)}` }, 'role_arn'],
    ['a session name with spaces', { session_name: 'our key rail' }, 'session_name'],
  ])('with %s is refused, and nobody is asked', async (_, more, field) => {
    const refused = await connect('aws-s3', undefined, entered({ session_name: 'refused', ...more }));
    expect([refused.status, refused.json?.fields[0].path], refused.text).toEqual([
      400,
      `credentials.${field}`,
    ]);
    expect(assumed('refused')).toEqual([]);
  });

  it('that is taken away is told of, and works again once it is given back and somebody checks', async () => {
    const id = await connected('aws-s3', undefined, entered());
    for (const key of awsKeys.values()) if (key.endsAt !== undefined) key.endsAt = 0;
    instead.set(
      AWS,
      awsError(
        403,
        'AccessDenied',
        `User u is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
      ),
    );
    expect(new Set(await callsThroughBoth(id, '', 4))).not.toContain(200);
    const broken = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(broken.status).toBe('invalid');
    expect(broken.status_reason).toMatch(/not authorized to perform: sts:AssumeRole.*trust policy/);
    const still = await app.owner.post(`/v1/connections/${id}/verify`);
    expect(still.json?.verdict, still.text).toMatchObject({
      kind: 'rejected',
      provider_message: expect.stringMatching(/^User u is not authorized/),
      next_step: expect.stringMatching(/trust policy/),
    });
    instead.clear();
    const checked = await app.owner.post(`/v1/connections/${id}/verify`);
    expect([checked.status, checked.json?.connection?.status ?? checked.json?.status], checked.text).toEqual([
      200,
      'connected',
    ]);
    expect(await callsThroughBoth(id, '', 4)).toEqual(Array(4).fill(200));
  });

  it.each<[string, object, Reply | null, string, RegExp]>([
    ['that it may not take on', { external_id: 'wrong' }, null, 'rejected', /trust policy.*external ID/],
    [
      'with a key that is unknown',
      { access_key_id: 'AKIAFAKENOBODY000001' },
      null,
      'rejected',
      /security token included in the request is invalid/,
    ],
    [
      'with a session that has ended',
      {},
      awsError(403, 'ExpiredToken', 'The security token included in the request is expired'),
      'expired',
      /expired/,
    ],
    [
      'for longer than the role allows',
      {},
      awsError(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      ),
      'rejected',
      /shorter session/,
    ],
  ])('%s is not saved', async (_, more, reply, kind, words) => {
    if (reply !== null) instead.set(AWS, reply);
    const refused = await connect('aws-s3', undefined, entered(more));
    instead.clear();
    expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, kind]);
    expect(refused.text).toMatch(words);
  });
});
