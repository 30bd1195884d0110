import type { UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { scopesOfRole } from '../workspaces/policy.ts';
import { authenticate, type Identify } from './authenticate.ts';

const workspaceId = 'wsp_01m7xqekr6f2x9g9anwaxrmkrb' as WorkspaceId;
const userId = 'usr_01m7xqekr6f2x9g9anwaxrmkrb' as UserId;

test('who may look is asked anew of a request that stays open, also when it named its workspace in the address', async () => {
  let isMember = true;
  const identify: Identify = {
    byToken: async () => null,
    whomToAsk: async () => 'Olive',
    bySession: async () => ({ sessionId: 'ses_1', userId, name: 'Olive', email: 'olive@example.com' }),
    bySessionIn: async (_token, asked) => ({
      who:
        isMember && asked === workspaceId
          ? {
              ...{
                workspaceId,
                userId,
                tokenId: null,
                role: 'viewer',
                connectionIds: null,
                label: '',
                ip: '',
              },
              scopes: scopesOfRole.viewer,
            }
          : null,
    }),
  };
  const query: Record<string, unknown> = { workspace: workspaceId, limit: '5' };
  const request = {
    method: 'GET',
    headers: {},
    query,
    ip: '127.0.0.1',
    routeOptions: {},
  } as unknown as FastifyRequest;
  const look = () =>
    authenticate(
      identify,
      request,
      { role: 'viewer', scope: 'tables:read' },
      { kind: 'session', token: 'x' },
    );

  await look();
  expect(query).toEqual({ limit: '5' });
  await look();
  isMember = false;
  await expect(look()).rejects.toMatchObject({ code: 'not_found' });
});
