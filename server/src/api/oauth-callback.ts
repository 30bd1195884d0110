import { authorizationId } from '@keyrail/contract/ids';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Asked, CallbackOutcome, SignIns } from '../connections/sign-in/sign-ins.ts';
import type { Authorization } from '../oauth/authorization.ts';
import { hashOf } from '../oauth/begin.ts';
import { isAllowed } from '../workspaces/policy.ts';
import type { Who } from '../workspaces/who.ts';
import { clientOf, type Identify } from './authenticate.ts';
import { ownOrigin } from './own-origin.ts';
import type { App } from './route.ts';
import { freshNonce } from './security-headers.ts';
import { cookieName } from './session-cookie.ts';
import { signInCookie } from './sign-in-cookie.ts';
import { renderSignInPage, type SignInPage } from './sign-in-page.ts';

export interface CallbackRoutesDeps {
  signIns: Pick<SignIns, 'callback' | 'ended' | 'asked'>;
  identify: Pick<Identify, 'bySessionIn'>;
  /** What whoever is asked calls the workspace. */
  workspace(who: Who): Promise<{ name: string }>;
}

const MAY_CONNECT = { role: 'admin', scope: 'connections:write' } as const;

/**
 * Where providers send people back to, and where they begin what an API token asks for. Pages for people, not answers for
 * programs:
 *
 *   /oauth/start/{id}                          who asks for what; going on is a deed of the person who reads it
 *   /oauth/callback/{integration}?code&state   does the work, then 303 → the code is out of the address bar
 *   /oauth/done/{id}                           says what came of it, tells the window that waits, and closes
 */
export function oauthCallbackRoutes(
  app: App,
  deps: CallbackRoutesDeps,
  config: Pick<Config, 'publicUrl'>,
): void {
  const { publicUrl } = config;
  app.route({
    method: 'GET',
    url: '/oauth/callback/:integration',
    config: { policy: 'public' },
    schema: {
      hide: true,
      params: z.object({ integration: z.string().max(100) }),
      // Providers add what they like; twice the same is looked at below.
      querystring: z.looseObject({}),
    },
    handler: async (request, reply) => {
      const [path = '', ...rest] = request.url.split('?');
      const search = rest.join('?');
      const outcome = await deps.signIns.callback({
        path,
        query: new URLSearchParams(search),
        origin: ownOrigin(request, publicUrl),
        nonceOf: (id) => signInCookie(request, publicUrl, id),
        whoIn: (workspaceId) => whoIn(deps, request, publicUrl, workspaceId),
      });
      return answered(reply, outcome, path, search);
    },
  });

  app.route({
    method: 'GET',
    url: '/oauth/start/:id',
    config: { policy: 'public' },
    schema: { hide: true, params: z.object({ id: authorizationId }) },
    handler: async (request, reply) => {
      const asked = await deps.signIns.asked(request.params.id);
      if (asked === null) return page(reply, 404, PAGES.unknown);
      const who = await whoIn(deps, request, publicUrl, asked.authorization.workspaceId);
      if (who === null) return page(reply, 403, PAGES.sign_in_first);
      if (!isAllowed(who, MAY_CONNECT)) return page(reply, 403, PAGES.not_allowed);
      if (asked.isOver) return page(reply, 410, PAGES.over);
      return page(reply, 200, startPageOf(asked, who, (await deps.workspace(who)).name));
    },
  });

  app.route({
    method: 'GET',
    url: '/oauth/done/:id',
    config: { policy: 'public' },
    schema: { hide: true, params: z.object({ id: authorizationId }) },
    handler: async (request, reply) => {
      const found = await deps.signIns.ended(request.params.id);
      const mayRead = found !== null && (await isTheirs(deps, request, publicUrl, found.authorization));
      if (!mayRead) return page(reply, 404, PAGES.unknown);
      return page(reply, ...pageOfEnd(found.authorization, found.toolName));
    },
  });
}

async function whoIn(
  { identify }: CallbackRoutesDeps,
  request: FastifyRequest,
  publicUrl: string | null,
  workspaceId: string,
): Promise<Who | null> {
  const token = request.cookies[cookieName(publicUrl)];
  if (token === undefined || token === '') return null;
  const found = await identify.bySessionIn(token, workspaceId, clientOf(request));
  return found?.who ?? null;
}

/** Whoever began it in this browser, or a member of its workspace. */
async function isTheirs(
  deps: CallbackRoutesDeps,
  request: FastifyRequest,
  publicUrl: string | null,
  { id, browserHash, workspaceId }: Authorization,
): Promise<boolean> {
  const nonce = signInCookie(request, publicUrl, id);
  if (nonce !== undefined && browserHash !== null && hashOf(nonce).equals(browserHash)) return true;
  return (await whoIn(deps, request, publicUrl, workspaceId)) !== null;
}

function answered(reply: FastifyReply, outcome: CallbackOutcome, path: string, search: string): FastifyReply {
  switch (outcome.kind) {
    case 'over':
      return redirected(reply, `/oauth/done/${outcome.authorization.id}`);
    case 'elsewhere':
      return redirected(reply, `${outcome.origin}${path}?${search}`);
    case 'not_signed_in':
    case 'not_allowed':
      return page(reply, 403, PAGES[outcome.kind]);
    default:
      return page(reply, 400, PAGES[outcome.kind]);
  }
}

function redirected(reply: FastifyReply, location: string): FastifyReply {
  return reply.header('cross-origin-opener-policy', 'unsafe-none').redirect(location, 303);
}

function page(reply: FastifyReply, status: number, shown: SignInPage): FastifyReply {
  const nonce = freshNonce();
  return (
    reply
      .code(status)
      .header(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      // The window that opened this one is to hear of it; a policy of our own would cut the two apart.
      .header('cross-origin-opener-policy', 'unsafe-none')
      .type('text/html; charset=utf-8')
      .send(renderSignInPage(shown, nonce))
  );
}

function pageOfEnd(authorization: Authorization, toolName: string): [number, SignInPage] {
  const { id, origin, state, integration } = authorization;
  // The page there says what came of this very sign-in, also where it was made without a window of its own.
  const back = `/settings/connections/${encodeURIComponent(integration)}?sign_in=${id}`;
  const tell = { id, origin };
  if (state === 'connected') {
    const shown = {
      title: `${toolName} is connected`,
      message: 'You can close this window.',
      nextStep: null,
    };
    return [200, { ...shown, back, tell: { ...tell, closes: true } }];
  }
  if (state === 'choosing') {
    const shown = {
      title: `Choose the ${authorization.choice?.label ?? 'account'}`,
      message: `You signed in at ${toolName}, and this sign-in reaches several. Choose one in Keyrail.`,
      nextStep: 'You can close this window.',
    };
    return [200, { ...shown, back, tell: { ...tell, closes: true } }];
  }
  const isOpen = state === 'pending' || state === 'finishing';
  const shown = {
    title: isOpen ? `Connecting ${toolName}…` : `${toolName} is not connected`,
    message: authorization.message ?? 'This sign-in is not over yet.',
    nextStep: authorization.nextStep,
  };
  return [isOpen ? 200 : 400, { ...shown, back, tell: { ...tell, closes: false } }];
}

/** Whoever reads it may be somebody whom the token's holder sent the address: it says plainly whose account is given to whom. */
function startPageOf(
  { authorization, toolName, host, connectionName }: Asked,
  who: Who,
  workspace: string,
): SignInPage {
  const what =
    connectionName === null
      ? `a ${toolName} account`
      : `${toolName} again, for the connection “${connectionName}”,`;
  return {
    title: `Connect ${toolName}?`,
    message: `The API ${quoted(authorization.askedBy)} asks you, ${who.label}, to connect ${what} to the workspace “${workspace}”. Whoever may use connections there, that token included, can then use what you allow.`,
    nextStep: `${host === null ? '' : `You will sign in at ${host}. `}If you do not know what this is for, close this page: nothing happens.`,
    go: { id: authorization.id, workspaceId: authorization.workspaceId },
  };
}

/** The token's name is anybody's text: it is told apart from the sentence around it. */
function quoted(token: string | null): string {
  return token === null ? 'token' : token.replace(/^token (.+)$/s, 'token “$1”');
}

const START_AGAIN = 'Go back to Keyrail and start the sign-in again.';

const PAGES: Record<
  | 'unknown'
  | 'used'
  | 'over'
  | 'sign_in_first'
  | 'expired'
  | 'other_browser'
  | 'not_signed_in'
  | 'not_allowed',
  SignInPage
> = {
  unknown: {
    title: 'This sign-in is not known here',
    message: 'The address belongs to no sign-in that was begun in Keyrail. Nothing was connected.',
    nextStep: START_AGAIN,
  },
  used: {
    title: 'This sign-in was used already',
    message: 'Each sign-in works once.',
    nextStep: 'Go back to Keyrail to see what came of it.',
  },
  over: {
    title: 'This sign-in is over',
    message: 'It was finished, or not begun within ten minutes. Nothing was changed now.',
    nextStep: 'Have it begun again by whoever sent you here.',
  },
  expired: {
    title: 'This sign-in took longer than ten minutes',
    message: 'It is no longer valid. Nothing was connected.',
    nextStep: START_AGAIN,
  },
  other_browser: {
    title: 'This sign-in was begun by another browser or person',
    message:
      'Only the browser that began it can finish it, or its cookie was lost on the way. Nothing was connected.',
    nextStep: 'If you began it yourself, go back to Keyrail in this browser and start again.',
  },
  sign_in_first: {
    title: 'You are not signed in to Keyrail here',
    message: 'This address is for somebody who is signed in to the workspace that it belongs to.',
    nextStep: 'Sign in to Keyrail in this browser, then open this address again.',
  },
  not_signed_in: {
    title: 'You are not signed in to Keyrail here',
    message:
      'A sign-in at a tool is finished by somebody who is signed in to the same workspace of Keyrail in this browser. Nothing was connected.',
    nextStep: 'Sign in to Keyrail in this browser, then start again.',
  },
  not_allowed: {
    title: 'Your role does not allow this',
    message: 'Connections are added by owners and admins of the workspace. Nothing was connected.',
    nextStep: 'Ask an owner or admin to connect it.',
  },
};
