import { roleArn } from '../../sandbox/aws/keys.ts';
import { APP_STORE } from '../../sandbox/providers/app-store-connect.ts';
import { DATABRICKS } from '../../sandbox/providers/databricks.ts';
import { ENTRA } from '../../sandbox/service-accounts/entra.ts';
import { FIRST_SECRET } from '../../sandbox/service-accounts/key-desk.ts';
import type { Sandbox } from '../../sandbox/start.ts';
import {
  AWS_ID,
  accountsAt,
  appStore,
  awsKey,
  azure,
  databricks,
  type Fields,
  github,
  google,
  KEYRAIL_APP,
  printOf,
  salesforce,
  snowflake,
} from './sandbox-accounts.ts';
import type { Kind } from './service-kinds.ts';

/** What is entered, what it is taken for, and words of the provider and of ours that are said. */
export type Refusal = [
  what: string,
  kind: Pick<Kind, 'integration' | 'method'>,
  entered: () => Fields,
  verdict: string,
  words: RegExp[],
];
export const of = (integration: string, method = 'service_account') => ({ integration, method });
const GOOGLE = of('google-drive');
const AZURE_SECRET = of('microsoft-azure', 'oauth2_client_credentials');
const AZURE_CERTIFICATE = of('microsoft-azure', 'certificate');

/** What providers refuse, and in which words. */
export function refusalsAt(sandbox: Sandbox): Refusal[] {
  const { nextGoogle, certified } = accountsAt(sandbox);
  return [
    [
      'a Google key that was deleted',
      GOOGLE,
      () => {
        const { fields } = nextGoogle('robot');
        sandbox.keys.remove(
          (JSON.parse(fields.key_file ?? '{}') as { private_key_id: string }).private_key_id,
        );
        return fields;
      },
      'rejected',
      [/Invalid JWT Signature/, /deleted or disabled there/],
    ],
    [
      'a Google account whose project was deleted',
      GOOGLE,
      () => google('gone'),
      'rejected',
      [/account not found/, /or its project, was deleted/],
    ],
    [
      'a person of another Google Workspace',
      GOOGLE,
      () => ({ ...google('robot'), subject: 'ben@elsewhere.example' }),
      'rejected',
      [/unauthorized to retrieve access tokens/, /Domain-wide delegation/],
    ],
    [
      'a person the Google Workspace does not have',
      GOOGLE,
      () => ({ ...google('robot'), subject: 'nobody@acme.example' }),
      'rejected',
      [/Invalid email or User ID/, /not known in this Google Workspace/],
    ],
    [
      'an AWS role that is not there',
      of('aws-s3'),
      () => ({ ...awsKey(AWS_ID), role_arn: roleArn('missing') }),
      'rejected',
      [/not authorized to perform: sts:AssumeRole/, /trust policy/],
    ],
    [
      'an AWS role without its external ID',
      of('aws-ses'),
      () => ({ ...awsKey(AWS_ID), role_arn: roleArn('partner'), external_id: 'another' }),
      'rejected',
      [/not authorized to perform: sts:AssumeRole/, /external ID is the one it asks for/],
    ],
    [
      'an AWS key that is unknown, in SES',
      of('aws-ses'),
      () => ({ ...awsKey(AWS_ID), access_key_id: 'AKIASANDBOXUNKNOWN01' }),
      'rejected',
      [/security token included in the request is invalid/],
    ],
    [
      'a temporary AWS key whose session is over, in SES',
      of('aws-ses'),
      () => ({ ...awsKey('ASIASANDBOXENDED0001'), session_token: 'sandbox-session-token-ended' }),
      'expired',
      [/expired/, /Enter new temporary keys/],
    ],
    [
      'a wrong client secret of Entra',
      AZURE_SECRET,
      () => ({ ...azure('keyrail'), client_secret: 'another-secret' }),
      'rejected',
      [/AADSTS7000215/, /not its ID/],
    ],
    [
      'a client secret of Entra that has run out',
      AZURE_SECRET,
      () => ({
        ...azure('keyrail'),
        client_secret: sandbox.keys.newSecret('microsoft-azure', KEYRAIL_APP, Date.now() - 1000),
      }),
      'expired',
      [/AADSTS7000222/, /has run out/],
    ],
    [
      'a directory that is not there',
      AZURE_SECRET,
      () => ({ ...azure('keyrail'), tenant_id: 'elsewhere.onmicrosoft.com', client_secret: FIRST_SECRET }),
      'rejected',
      [/AADSTS90002/, /no such directory/],
    ],
    [
      'an app that is not in the directory',
      AZURE_SECRET,
      () => ({ ...azure('keyrail'), client_id: ENTRA.tenant, client_secret: FIRST_SECRET }),
      'rejected',
      [/AADSTS700016/, /no app with this client ID/],
    ],
    [
      'an app that was disabled',
      AZURE_SECRET,
      () => ({ ...azure('disabled'), client_secret: FIRST_SECRET }),
      'expired',
      [/AADSTS7000112/, /disabled in this directory/],
    ],
    [
      'a certificate that Entra does not know',
      AZURE_CERTIFICATE,
      () => {
        const entered = certified('keyrail');
        sandbox.keys.remove(printOf(entered.certificate ?? ''));
        return entered;
      },
      'rejected',
      [/AADSTS700027/, /does not know this certificate/],
    ],
    [
      'a key pair whose public key the Snowflake user does not have',
      of('snowflake', 'key_pair'),
      () => ({ ...snowflake('KEYRAIL'), private_key: sandbox.keys.newKey('nobody', 'x').privateKey }),
      'rejected',
      [/JWT token is invalid/, /another public key or none/],
    ],
    [
      'a GitHub App that was deleted',
      of('github', 'app'),
      () => ({ ...github(5001), client_id: 'Iv23liSANDBOX0000009' }),
      'rejected',
      [/Integration not found/, /no app with this ID/],
    ],
    [
      'a key that is not the GitHub App’s',
      of('github', 'app'),
      () => ({ ...github(5001), private_key: sandbox.keys.newKey('nobody', 'y').privateKey }),
      'rejected',
      [/could not be decoded/, /not this app's/],
    ],
    [
      'an installation that was suspended',
      of('github', 'app'),
      () => github(5003),
      'expired',
      [/has been suspended/, /Settings > Applications/],
    ],
    [
      'an installation that is gone',
      of('github', 'app'),
      () => github(5999),
      'rejected',
      [/Not Found/, /not installed there any more/],
    ],
    [
      'a Salesforce user who was not let in',
      of('salesforce', 'jwt'),
      () => salesforce('stranger@acme.example'),
      'rejected',
      [/hasn't approved this consumer/, /pre-authorized/],
    ],
    [
      'a key that is not that of the Salesforce app’s certificate',
      of('salesforce', 'jwt'),
      () => ({
        ...salesforce('integration@acme.example'),
        private_key: sandbox.keys.newKey('nobody', 'z').privateKey,
      }),
      'rejected',
      [/invalid assertion/, /another certificate/],
    ],
    [
      'an unknown Salesforce app',
      of('salesforce', 'jwt'),
      () => ({ ...salesforce('integration@acme.example'), client_id: 'another' }),
      'rejected',
      [/client identifier invalid/, /consumer key/],
    ],
    [
      'a wrong secret of a Databricks service principal',
      of('databricks', 'oauth2_client_credentials'),
      () => ({ ...databricks('keyrail'), client_secret: 'dose-another' }),
      'rejected',
      [/Client authentication failed/],
    ],
    [
      'a Databricks token that is none',
      of('databricks', 'api_key'),
      () => ({ workspace_host: DATABRICKS.host, token: 'dapi-sandbox-0000' }),
      'rejected',
      [/Invalid access token/],
    ],
    [
      'a team key that Apple revoked',
      of('app-store-connect'),
      () => {
        const key = sandbox.keys.newKey('app-store-connect', APP_STORE.keys, 'ec');
        sandbox.keys.remove(key.id);
        return appStore(key);
      },
      'rejected',
      [/properly configured and signed bearer token/, /key was revoked/],
    ],
  ];
}
