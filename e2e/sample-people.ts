import { type Client, createClient } from '@keyrail/sdk/client';
import type { Role } from '@keyrail/sdk/shapes';
import { cookieFetch } from '../sandbox/demo/cookie-fetch.ts';

export interface Guests {
  /** Of an invitation that nobody has used. */
  openLink: string;
  usedLink: string;
}

export const PASSWORD = 'a-fine-Password-0008';
export const EDITOR = 'ed@example.com';
export const GONE = 'gus@example.com';

/** Colleagues who came by invitation, one who left, and an editor who asks for a connection. */
export async function furnishPeople(api: Client, url: string, workspaceId: string): Promise<Guests> {
  const join = async (role: Role, name: string, email: string) => {
    const { link } = await api.invitations.create({ role, note: null });
    const person = createClient({ baseUrl: url, fetch: cookieFetch(), workspace: () => workspaceId });
    const code = codeOf(link);
    const { user } = await person.invitations.accept({ code, name, email, password: PASSWORD });
    return { person, userId: user.id, link: link ?? '' };
  };
  const ann = await join('admin', 'Ann Admin', 'ann@example.com');
  await ann.person.connections.create({
    integration: 'betterenrich',
    name: 'Trial',
    credentials: { api_key: 'sandbox-betterenrich-good' },
  });
  await ann.person.tokens.create({ name: 'Weekly report', scopes: ['tables:read'] });
  const ed = await join('editor', 'Ed Editor', EDITOR);
  await ed.person.connectionRequests.create({
    integration: 'instantly',
    note: 'For the follow-up of the spring leads; the account is sales@northwind.example.',
  });
  await join('viewer', 'Vera Viewer', 'vera@example.com');
  const gus = await join('viewer', 'Gus Gone', GONE);
  await api.members.remove(gus.userId);
  const open = await api.invitations.create({ role: 'editor', note: 'Nia, from marketing' });
  return { openLink: pathOf(open.link), usedLink: pathOf(gus.link) };
}

const codeOf = (link: string | null): string => new URL(link ?? '').searchParams.get('code') ?? '';
const pathOf = (link: string | null): string => `/invitation?code=${codeOf(link)}`;
