import { roleArn } from '../../sandbox/aws/keys.ts';
import { APP_STORE } from '../../sandbox/providers/app-store-connect.ts';
import { DATABRICKS } from '../../sandbox/providers/databricks.ts';
import { SUBSCRIPTION } from '../../sandbox/providers/microsoft-azure.ts';
import { GITHUB_APP } from '../../sandbox/service-accounts/github-app.ts';
import { FIRST_SECRET, firstPrivateKey } from '../../sandbox/service-accounts/key-desk.ts';
import { SALESFORCE_APP } from '../../sandbox/service-accounts/salesforce-jwt.ts';
import type { Sandbox } from '../../sandbox/start.ts';
import {
  AWS_ID,
  accountsAt,
  appStore,
  awsKey,
  azure,
  databricks,
  ENTRA_TOKENS,
  type Fields,
  GOOGLE_TOKENS,
  github,
  google,
  idOf,
  KEYRAIL_APP,
  printOf,
  ROLE,
  ROLES,
  salesforce,
  snowflake,
} from './sandbox-accounts.ts';

/** One kind of service account at one provider, from key to key. */
export interface Kind {
  integration: string;
  method: string;
  /** What is entered, with the key this account has now. */
  entered: Fields;
  /** Who the check says it is; null: nobody says. */
  account: string | null;
  /** A call through the proxy, and what its answer has in it. */
  call: { path: string; method?: 'POST'; body?: unknown; has: string | RegExp };
  /** Where tokens come from; null: they are signed here. `log`: which provider of the sandbox counts them. */
  tokens: { log: string; path: string } | null;
  /** Another key beside the old one, and how the old one is withdrawn. */
  next(): { fields: Fields; withdrawOld(): void };
  /** An account without rights, and one that is throttled; left out: there is none, or another row has it. */
  limited?(): Fields;
  throttled?(): Fields;
}

/** Every kind of service account there is in the catalog, each at a provider that verifies what it gets. */
export function kindsAt(sandbox: Sandbox): Record<string, () => Kind> {
  const { nextGoogle, certified, nextKey, nextSecret, nextAws } = accountsAt(sandbox);
  return {
    'a Google service account that acts for a person in Drive': () => ({
      integration: 'google-drive',
      method: 'service_account',
      entered: { ...google('robot'), subject: 'anna@acme.example' },
      account: 'anna@acme.example',
      call: { path: '/files?q=name%20contains%20%27a%27', has: 'webViewLink' },
      tokens: GOOGLE_TOKENS,
      next: () => {
        const { fields, withdrawOld } = nextGoogle('robot');
        return { fields: { ...fields, subject: 'anna@acme.example' }, withdrawOld };
      },
      limited: () => google('limited'),
      throttled: () => google('throttled'),
    }),
    'a Google service account in Google Cloud': () => ({
      integration: 'google-cloud',
      method: 'service_account',
      entered: google('robot'),
      account: 'robot@keyrail-sandbox.iam.gserviceaccount.example',
      call: { path: '/v3/projects:search', has: 'Keyrail sandbox' },
      tokens: GOOGLE_TOKENS,
      next: () => nextGoogle('robot'),
      limited: () => google('limited'),
    }),
    'an AWS key that takes on a role with an external ID, in S3': () => ({
      integration: 'aws-s3',
      method: 'service_account',
      entered: { ...awsKey(AWS_ID), ...ROLE },
      account: 'Canonical ID sandbox-owner-123456789012',
      call: { path: '/sandbox-invoices?list-type=2', has: '<KeyCount>3</KeyCount>' },
      tokens: ROLES,
      next: nextAws(ROLE),
      limited: () => ({ ...awsKey(AWS_ID), role_arn: roleArn('limited') }),
      throttled: () => awsKey('AKIASANDBOXTHROTTLE1'),
    }),
    'an AWS key that takes on a role, at STS': () => ({
      integration: 'aws',
      method: 'service_account',
      entered: { ...awsKey(AWS_ID), role_arn: roleArn('keyrail'), session_name: 'acme-keyrail' },
      account: 'arn:aws:sts::123456789012:assumed-role/keyrail/acme-keyrail',
      call: {
        path: '/?Action=GetCallerIdentity',
        method: 'POST',
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
        has: 'assumed-role/keyrail',
      },
      tokens: ROLES,
      next: nextAws({ role_arn: roleArn('keyrail') }),
    }),
    'an AWS key in SES': () => ({
      integration: 'aws-ses',
      method: 'service_account',
      entered: awsKey(AWS_ID),
      account: 'https://acme.example',
      call: {
        path: '/v2/email/outbound-emails',
        method: 'POST',
        body: {
          FromEmailAddress: 'hello@acme.example',
          Destination: { ToAddresses: ['lena@example.com'] },
          Content: { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hi' } } } },
        },
        has: 'MessageId',
      },
      tokens: null,
      next: nextAws(),
      limited: () => awsKey('AKIASANDBOXLIMITED01'),
    }),
    'a client secret of Entra': () => ({
      integration: 'microsoft-azure',
      method: 'oauth2_client_credentials',
      entered: { ...azure('keyrail'), client_secret: FIRST_SECRET },
      account: 'Acme production',
      call: {
        path: `/subscriptions/${SUBSCRIPTION}/resourcegroups?api-version=2021-04-01`,
        has: 'shop-production',
      },
      tokens: ENTRA_TOKENS,
      next: nextSecret('microsoft-azure', KEYRAIL_APP),
      limited: () => ({ ...azure('limited'), client_secret: FIRST_SECRET }),
    }),
    'a certificate of Entra': () => {
      const first = certified('keyrail');
      const { client_id: _id, tenant_id: _tenant, ...second } = certified('keyrail');
      return {
        integration: 'microsoft-azure',
        method: 'certificate',
        entered: first,
        account: 'Acme production',
        call: { path: '/subscriptions?api-version=2022-12-01', has: 'Acme production' },
        tokens: ENTRA_TOKENS,
        next: () => ({
          fields: { client_id: KEYRAIL_APP, ...second },
          withdrawOld: () => sandbox.keys.remove(printOf(first.certificate ?? '')),
        }),
        limited: () => certified('limited'),
      };
    },
    'a key pair of Snowflake': () => ({
      integration: 'snowflake',
      method: 'key_pair',
      entered: snowflake('keyrail'),
      account: 'KEYRAIL',
      call: {
        path: '/api/v2/statements',
        method: 'POST',
        body: { statement: 'select * from orders' },
        has: 'order 1',
      },
      tokens: null,
      next: () => {
        const { fields, withdrawOld } = nextKey('snowflake', 'KEYRAIL')();
        return { fields: { username: 'keyrail', ...fields }, withdrawOld };
      },
      limited: () => snowflake('KEYRAIL_LIMITED'),
    }),
    'a GitHub App': () => ({
      integration: 'github',
      method: 'app',
      entered: github(5001),
      account: 'acme',
      call: { path: '/repos/acme/website/issues', method: 'POST', body: { title: 'Broken' }, has: 'issues/' },
      tokens: { log: 'github', path: '/app/installations/5001/access_tokens' },
      next: () => {
        const { fields, withdrawOld } = nextKey('github', GITHUB_APP.clientId)();
        return { fields: { client_id: GITHUB_APP.clientId, ...fields }, withdrawOld };
      },
      limited: () => github(5004),
    }),
    'a JWT of Salesforce': () => ({
      integration: 'salesforce',
      method: 'jwt',
      entered: salesforce('integration@acme.example'),
      account: 'integration@acme.example',
      call: { path: '/services/data/v60.0/query?q=SELECT%20Id%20FROM%20Account', has: 'totalSize' },
      tokens: { log: 'salesforce', path: '/services/oauth2/token' },
      next: () => {
        const { fields, withdrawOld } = nextKey('salesforce', SALESFORCE_APP.clientId)();
        const { client_id = '', username = '' } = salesforce('integration@acme.example');
        return { fields: { client_id, username, ...fields }, withdrawOld };
      },
      limited: () => salesforce('limited@acme.example'),
    }),
    'a service principal of Databricks': () => ({
      integration: 'databricks',
      method: 'oauth2_client_credentials',
      entered: databricks('keyrail'),
      account: idOf(DATABRICKS.principals, 'keyrail'),
      call: { path: '/api/2.0/sql/warehouses', has: 'Starter' },
      tokens: { log: 'databricks', path: '/oidc/v1/token' },
      next: nextSecret('databricks', idOf(DATABRICKS.principals, 'keyrail')),
      limited: () => databricks('limited'),
    }),
    'a team key of App Store Connect': () => ({
      integration: 'app-store-connect',
      method: 'service_account',
      entered: appStore(),
      account: 'Team of Acme Shop',
      call: { path: '/v1/apps', has: 'com.acme.shop' },
      tokens: null,
      next: () => ({
        fields: appStore(sandbox.keys.newKey('app-store-connect', APP_STORE.keys, 'ec')),
        withdrawOld: () => sandbox.keys.remove(firstPrivateKey('app-store-connect', APP_STORE.keys, 'ec').id),
      }),
    }),
  };
}
