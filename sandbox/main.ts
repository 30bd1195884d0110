import { parseArgs } from 'node:util';
import { AWS_KEYS } from './aws/serve.ts';
import { KEY_HELP } from './keys.ts';
import { SANDBOX_CLIENT } from './oauth/flow.ts';
import { SIGN_IN_NAMES } from './provider-list.ts';
import { sandboxUpstreams, startSandbox } from './start.ts';

const AWS_KEY_ID = 'AKIASANDBOXGOOD00001';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4410' },
    'latency-ms': { type: 'string', default: '60' },
    'slow-ms': { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`Stand-ins for third parties, on loopback.

  node sandbox/main.ts [--port 4410] [--latency-ms 60] [--slow-ms 5000] [--json]

Keys say by their own text how they behave (put another integration's slug in place of "hunter"):
${KEY_HELP.map(([key, what]) => `  ${key.padEnd(26)} ${what}`).join('\n')}

Signing in at ${SIGN_IN_NAMES}:
  the one-time sign-in setup is client id ${SANDBOX_CLIENT.id}, client secret ${SANDBOX_CLIENT.secret}

Service accounts: Google Sheets and BigQuery take the file at /service-account.json of the sandbox's address
(BigQuery: project keyrail-sandbox); for Google Drive, Google Cloud, Azure, Snowflake, a GitHub App, Salesforce, Databricks
and App Store Connect, what to enter stands at /service-accounts.json there. AWS STS, SES and Amazon S3 take
  access key ID ${AWS_KEY_ID}, secret access key ${AWS_KEYS[AWS_KEY_ID].secret}
The keys of service accounts are new at each start, and sign-ins are forgotten: connect those again after one.`);
} else {
  const sandbox = await startSandbox({
    isWhole: true,
    port: Number(values.port),
    latencyMs: Number(values['latency-ms']),
    slowMs: Number(values['slow-ms']),
  }).catch((error: unknown) => {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    console.error(`${error.message}. Choose another first port with --port, or 0 for any that are free.`);
    process.exit(1);
  });
  const settings = sandboxUpstreams(sandbox);
  if (values.json) {
    // One line, for the process that started this one.
    console.log(JSON.stringify({ url: sandbox.url, ...settings }));
  } else {
    console.log(
      `Sandbox: ${sandbox.url}\n\nPoint the product at it with\n  KEYRAIL_UPSTREAMS=${settings.upstreams}\n  KEYRAIL_ALLOWED_PRIVATE_HOSTS=${settings.allowedPrivateHosts}`,
    );
  }
  const stop = () => void sandbox.close().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // Started as a child with a channel: ends with its parent, even when that one was killed.
  process.once('disconnect', stop);
}
