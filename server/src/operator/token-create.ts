import { type Scope, scope } from '@keyrail/contract/people';
import { StartRefused } from '../lib/start-refused.ts';
import { createMembershipStore } from '../workspaces/member-store.ts';
import { scopesOfRole } from '../workspaces/policy.ts';
import { createToken } from '../workspaces/tokens.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';

const USAGE =
  'token create --workspace NAME_OR_ID --name NAME --scopes SCOPE,SCOPE|all [--expires-in-days N] [--connections ID,ID]';

export const tokenCreate: OperatorCommand = {
  words: ['token', 'create'],
  usage: USAGE,
  about: `Makes an API token and prints it, this one time. Scopes: ${scope.options.join(' ')}.`,
  options: {
    workspace: { type: 'string' },
    name: { type: 'string' },
    scopes: { type: 'string' },
    'expires-in-days': { type: 'string' },
    connections: { type: 'string' },
  },
  run: async (deps, values) => {
    const workspace = await theWorkspace(deps, values.workspace);
    const name = values.name?.trim() ?? '';
    if (name === '' || name.length > 100) throw wrong('--name must have 1 to 100 characters.');
    const made = await createToken(
      { transact: deps.db.transact, clock: deps.clock },
      {
        actor: { workspaceId: workspace.id, system: 'operator' },
        workspaceId: workspace.id,
        userId: null,
        role: 'owner',
        scopes: scopesOfRole.owner,
        connectionIds: null,
        tokenId: null,
      },
      {
        name,
        scopes: scopesOf(values.scopes),
        expiresInDays: daysOf(values['expires-in-days']),
        connectionIds: values.connections?.split(',').map((id) => id.trim()) ?? null,
      },
    );
    return made.token;
  },
};

/** By id or name. Left out where there is only one: the operator looks at the whole machine, so nothing is guessed. */
async function theWorkspace({ db }: OperatorDeps, asked: string | undefined): Promise<Workspace> {
  const memberships = createMembershipStore(db.system);
  const found = await (asked === undefined
    ? memberships.allWorkspaces(2)
    : memberships.findWorkspaces(asked));
  const [workspace] = found;
  if (workspace && found.length === 1) return workspace;
  if (found.length > 1) throw wrong('Several workspaces fit. Say which one by its id: --workspace wsp_…');
  throw new StartRefused(
    asked === undefined
      ? 'There is no workspace yet. Make one first, with the link that "npm run keyrail setup-link" prints.'
      : `There is no workspace called "${asked}".`,
  );
}

function scopesOf(text: string | undefined): Scope[] {
  if (text === undefined) throw wrong(`--scopes is missing. Name what the token may do, or say all.`);
  if (text.trim() === 'all') return [...scope.options];
  return text.split(/[\s,]+/).map((one) => {
    const parsed = scope.safeParse(one);
    if (!parsed.success) throw wrong(`There is no scope "${one}". There are: ${scope.options.join(', ')}.`);
    return parsed.data;
  });
}

function daysOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 3650) throw wrong('--expires-in-days must be 1 to 3650.');
  return days;
}

function wrong(message: string): StartRefused {
  return new StartRefused(`${message}\nIt is used like this: ${USAGE}`);
}
