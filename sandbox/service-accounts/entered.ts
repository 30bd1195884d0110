import { AWS_KEYS } from '../aws/keys.ts';
import { APP_STORE } from '../providers/app-store-connect.ts';
import { DATABRICKS } from '../providers/databricks.ts';
import { SNOWFLAKE } from '../providers/snowflake.ts';
import { ENTRA } from './entra.ts';
import { GITHUB_APP } from './github-app.ts';
import { googleKeyFile } from './google.ts';
import { FIRST_SECRET, firstPrivateKey } from './key-desk.ts';
import { SALESFORCE_APP } from './salesforce-jwt.ts';

/** What a person enters for a service account of the sandbox: the integration, the method, and its fields. */
export interface EnteredAccount {
  integration: string;
  method: string;
  credentials: Record<string, string>;
}

const [DATABRICKS_ID = ''] = Object.keys(DATABRICKS.principals);
const [ENTRA_ID = ''] = Object.keys(ENTRA.apps);
const [SNOWFLAKE_USER = ''] = SNOWFLAKE.users;
const [SALESFORCE_USER = ''] = SALESFORCE_APP.users;
const AWS_ID = 'AKIASANDBOXGOOD00001';

/** One account of each kind, with the key it has from the start. All of it is made up. */
export function serviceAccounts(): EnteredAccount[] {
  const keyFile = JSON.stringify(googleKeyFile(), null, 2);
  const google = ['google-sheets', 'google-drive', 'google-cloud', 'google-bigquery'].map((integration) => ({
    integration,
    method: 'service_account',
    credentials: {
      key_file: keyFile,
      ...(integration === 'google-bigquery' && { project_id: 'keyrail-sandbox' }),
    },
  }));
  const aws = ['aws', 'aws-s3', 'aws-ses'].map((integration) => ({
    integration,
    method: 'service_account',
    credentials: {
      region: 'eu-central-1',
      access_key_id: AWS_ID,
      secret_access_key: AWS_KEYS[AWS_ID].secret,
    },
  }));
  const appStoreKey = firstPrivateKey('app-store-connect', APP_STORE.keys, 'ec');
  return [
    ...google,
    ...aws,
    {
      integration: 'microsoft-azure',
      method: 'oauth2_client_credentials',
      credentials: { tenant_id: ENTRA.tenant, client_id: ENTRA_ID, client_secret: FIRST_SECRET },
    },
    {
      integration: 'snowflake',
      method: 'key_pair',
      credentials: {
        account: SNOWFLAKE.account,
        username: SNOWFLAKE_USER,
        private_key: firstPrivateKey('snowflake', SNOWFLAKE_USER).privateKey,
      },
    },
    {
      integration: 'github',
      method: 'app',
      credentials: {
        client_id: GITHUB_APP.clientId,
        installation_id: String(GITHUB_APP.installations[0]?.id),
        private_key: firstPrivateKey('github', GITHUB_APP.clientId).privateKey,
      },
    },
    {
      integration: 'salesforce',
      method: 'jwt',
      credentials: {
        login_host: 'login.salesforce.com',
        client_id: SALESFORCE_APP.clientId,
        username: SALESFORCE_USER,
        private_key: firstPrivateKey('salesforce', SALESFORCE_APP.clientId).privateKey,
      },
    },
    {
      integration: 'databricks',
      method: 'oauth2_client_credentials',
      credentials: { workspace_host: DATABRICKS.host, client_id: DATABRICKS_ID, client_secret: FIRST_SECRET },
    },
    {
      integration: 'app-store-connect',
      method: 'service_account',
      credentials: {
        issuer_id: APP_STORE.issuer,
        key_id: appStoreKey.id,
        private_key: appStoreKey.privateKey,
      },
    },
  ];
}
