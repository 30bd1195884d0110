import { createPrivateKey, X509Certificate } from 'node:crypto';
import { AWS_EXTERNAL_ID, AWS_KEYS, roleArn } from '../../sandbox/aws/keys.ts';
import { APP_STORE } from '../../sandbox/providers/app-store-connect.ts';
import { DATABRICKS } from '../../sandbox/providers/databricks.ts';
import { SNOWFLAKE } from '../../sandbox/providers/snowflake.ts';
import { ENTRA } from '../../sandbox/service-accounts/entra.ts';
import { GITHUB_APP } from '../../sandbox/service-accounts/github-app.ts';
import { googleKeyFile } from '../../sandbox/service-accounts/google.ts';
import { FIRST_SECRET, firstPrivateKey, type NewKey } from '../../sandbox/service-accounts/key-desk.ts';
import { SALESFORCE_APP } from '../../sandbox/service-accounts/salesforce-jwt.ts';
import type { Sandbox } from '../../sandbox/start.ts';
import { makeCertificate } from './certificate.ts';

/** What is entered, by field. */
export type Fields = Record<string, string>;

export const AWS_ID = 'AKIASANDBOXGOOD00001';
export const awsKey = (id: keyof typeof AWS_KEYS): Fields => ({
  region: 'eu-central-1',
  access_key_id: id,
  secret_access_key: AWS_KEYS[id].secret,
});
export const idOf = (names: Readonly<Record<string, string>>, wanted: string) =>
  Object.entries(names).find(([, name]) => name === wanted)?.[0] ?? '';
export const rsa = (provider: string, owner: string) => firstPrivateKey(provider, owner).privateKey;

export const google = (name: string, key?: NewKey): Fields => {
  const email = `${name}@keyrail-sandbox.iam.gserviceaccount.example`;
  return { key_file: JSON.stringify(googleKeyFile(email, key)) };
};

export const KEYRAIL_APP = idOf(ENTRA.apps, 'keyrail');
export const azure = (app: string): Fields => ({ tenant_id: ENTRA.tenant, client_id: idOf(ENTRA.apps, app) });
const authority = () => ({
  ...makeCertificate({ name: 'Acme', validTo: new Date('2040-01-01'), isAuthority: true }),
  name: 'Acme',
});

export const snowflake = (username: string): Fields => ({
  account: SNOWFLAKE.account,
  username,
  private_key: rsa('snowflake', username),
});
export const github = (installation: number): Fields => ({
  client_id: GITHUB_APP.clientId,
  installation_id: String(installation),
  private_key: rsa('github', GITHUB_APP.clientId),
});
export const salesforce = (username: string): Fields => ({
  login_host: 'login.salesforce.com',
  client_id: SALESFORCE_APP.clientId,
  username,
  private_key: rsa('salesforce', SALESFORCE_APP.clientId),
});
export const databricks = (name: string): Fields => ({
  workspace_host: DATABRICKS.host,
  client_id: idOf(DATABRICKS.principals, name),
  client_secret: FIRST_SECRET,
});
export const appStore = (key = firstPrivateKey('app-store-connect', APP_STORE.keys, 'ec')): Fields => ({
  issuer_id: APP_STORE.issuer,
  key_id: key.id,
  private_key: key.privateKey,
});

export const GOOGLE_TOKENS = { log: 'google-sheets', path: '/token' };
export const ENTRA_TOKENS = { log: 'microsoft-outlook', path: `/${ENTRA.tenant}/oauth2/v2.0/token` };
export const ROLES = { log: 'aws', path: '/AssumeRole' };
export const ROLE = { role_arn: roleArn('partner'), external_id: AWS_EXTERNAL_ID };

/** What changes at the providers of one sandbox: further keys, and old ones withdrawn. */
export function accountsAt(sandbox: Pick<Sandbox, 'keys' | 'revoke'>) {
  const nextGoogle = (name: string) => {
    const owner = `${name}@keyrail-sandbox.iam.gserviceaccount.example`;
    const old = firstPrivateKey('google', owner).id;
    return {
      fields: google(name, sandbox.keys.newKey('google', owner)),
      withdrawOld: () => sandbox.keys.remove(old),
    };
  };
  /** A certificate of an RSA key that the app of this name has registered. */
  const certified = (app: string, validTo = new Date('2040-01-01')): Fields => {
    const owner = idOf(ENTRA.apps, app);
    const { privateKey } = sandbox.keys.newKey('unregistered', owner);
    const made = makeCertificate({
      name: app,
      validTo,
      issuer: authority(),
      privateKey: createPrivateKey(privateKey),
    });
    sandbox.keys.addCertificate('microsoft-azure', owner, made.cert);
    return { ...azure(app), certificate: made.cert, private_key: privateKey };
  };
  /** Kinds whose next key is another private key of the same owner. */
  const nextKey = (provider: string, owner: string) => () => {
    const old = firstPrivateKey(provider, owner).id;
    const { privateKey } = sandbox.keys.newKey(provider, owner);
    return { fields: { private_key: privateKey }, withdrawOld: () => sandbox.keys.remove(old) };
  };
  const nextSecret = (provider: string, owner: string) => () => ({
    fields: { client_id: owner, client_secret: sandbox.keys.newSecret(provider, owner) },
    withdrawOld: () => sandbox.keys.removeSecret(provider, owner, FIRST_SECRET),
  });
  const nextAws =
    (more: Fields = {}) =>
    () => ({
      fields: { ...awsKey('AKIASANDBOXGOOD00002'), ...more },
      withdrawOld: () => sandbox.revoke(AWS_ID),
    });
  return { nextGoogle, certified, nextKey, nextSecret, nextAws };
}

/** How the sandbox names a certificate. */
export function printOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
