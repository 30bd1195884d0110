import { Checkbox, NativeSelect } from '@mantine/core';
import { type FieldsProps, Scopes, TokenUrl } from './auth-fields.tsx';
import styles from './custom.module.css';
import type { DraftAuth, DraftJwt } from './draft.ts';
import { Line } from './form-parts.tsx';
import { PairsField } from './pairs-field.tsx';

const kinds: { value: DraftAuth['kind']; label: string }[] = [
  { value: 'jwt_bearer', label: 'A private key that signs (JWT bearer, RFC 7523)' },
  { value: 'client_assertion', label: 'A private key in place of a client secret (private_key_jwt)' },
  { value: 'self_signed', label: 'A private key whose signed token is sent itself' },
  { value: 'jwt_exchange', label: 'A private key whose signed token is exchanged for another' },
  { value: 'google_service_account', label: 'Google service account' },
  { value: 'aws_access_key', label: 'AWS access key (Signature V4)' },
];

/** What is known of a program's account before anybody enters its key. */
export function ServiceAccountFields(props: FieldsProps) {
  const { auth, set } = props;
  return (
    <>
      <NativeSelect
        label="Kind"
        value={auth.kind}
        onChange={(event) =>
          set({ kind: kinds.find(({ value }) => value === event.currentTarget.value)?.value ?? auth.kind })
        }
        data={kinds}
      />
      {auth.kind === 'aws_access_key' && <AwsFields {...props} />}
      {auth.kind === 'google_service_account' && <GoogleFields {...props} />}
      {auth.kind !== 'aws_access_key' && auth.kind !== 'google_service_account' && <JwtFields {...props} />}
    </>
  );
}

function GoogleFields(props: FieldsProps) {
  const { auth, set, problem } = props;
  return (
    <>
      <Scopes {...props} />
      <details className={styles.details}>
        <summary>More options</summary>
        <Line
          label="Audience"
          description="Only where an ID token is wanted instead of an access token: whom it is for."
          value={auth.audience}
          onText={(audience) => set({ audience })}
          error={problem('auth.audience')}
        />
      </details>
    </>
  );
}

function AwsFields({ auth, set, problem }: FieldsProps) {
  const { aws } = auth;
  const setAws = (more: Partial<DraftAuth['aws']>) => set({ aws: { ...aws, ...more } });
  return (
    <>
      <div className={styles.pair2}>
        <Line
          label="Service"
          placeholder="execute-api"
          value={auth.service}
          onText={(service) => set({ service })}
          error={problem('auth.service')}
        />
        <Line
          label="Region"
          placeholder="eu-central-1"
          value={auth.region}
          onText={(region) => set({ region })}
          error={problem('auth.region')}
        />
      </div>
      <Checkbox
        label="The key can take on a role"
        description="The role is entered with the key; its temporary keys then sign every request."
        checked={aws.hasRole}
        onChange={(event) => setAws({ hasRole: event.currentTarget.checked })}
      />
      {aws.hasRole && (
        <Line
          label="Address of STS"
          description="Left empty: that of AWS in this region."
          placeholder="https://sts.eu-central-1.amazonaws.com"
          value={aws.stsUrl}
          onText={(stsUrl) => setAws({ stsUrl })}
          error={problem('auth.sts_url')}
        />
      )}
      <details className={styles.details}>
        <summary>More options</summary>
        <Checkbox
          label="It is storage like S3"
          description="Bodies go out unsigned, and a path is signed as it is sent."
          checked={!aws.isBodySigned && !aws.isPathEscapedTwice}
          onChange={({ currentTarget: { checked } }) =>
            setAws({ isBodySigned: !checked, isPathEscapedTwice: !checked })
          }
        />
      </details>
    </>
  );
}

function JwtFields(props: FieldsProps) {
  const { auth, set, problem } = props;
  const buysToken = auth.kind !== 'self_signed';
  return (
    <>
      {buysToken && <TokenUrl {...props} />}
      <Line
        label="Audience"
        description={
          auth.kind === 'self_signed' || auth.kind === 'jwt_exchange'
            ? 'Whom the token is for.'
            : 'Left empty: the token address.'
        }
        value={auth.audience}
        onText={(audience) => set({ audience })}
        error={problem('auth.audience')}
      />
      {buysToken && <Scopes {...props} />}
      <details className={styles.details}>
        <summary>More options</summary>
        <WhatItSays {...props} />
        {buysToken && <WhatComesBack {...props} />}
      </details>
    </>
  );
}

const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
const thumbprints: { value: DraftJwt['thumbprint']; label: string }[] = [
  { value: 'none', label: 'No' },
  { value: 'sha256', label: 'Yes, by its SHA-256 thumbprint (x5t#S256)' },
  { value: 'sha1', label: 'Yes, by its SHA-1 thumbprint (x5t)' },
];

/** How the JWT is signed, and what stands in it. */
function WhatItSays({ auth, set, problem }: FieldsProps) {
  const { jwt } = auth;
  const setJwt = (more: Partial<DraftJwt>) => set({ jwt: { ...jwt, ...more } });
  return (
    <>
      <NativeSelect
        label="Algorithm"
        value={jwt.algorithm ?? ''}
        onChange={(event) =>
          setJwt({ algorithm: algorithms.find((one) => one === event.currentTarget.value) ?? null })
        }
        data={[{ value: '', label: 'By the key' }, ...algorithms]}
        error={problem('auth.algorithm')}
      />
      <div className={styles.pair2}>
        <Line
          label="Lifetime in seconds"
          inputMode="numeric"
          value={jwt.lifetimeSeconds}
          onText={(lifetimeSeconds) => setJwt({ lifetimeSeconds })}
          error={problem('auth.lifetime_seconds')}
        />
        <Line
          label="Dated back by seconds"
          description="For servers whose clock is slow."
          inputMode="numeric"
          value={jwt.issuedBackSeconds}
          onText={(issuedBackSeconds) => setJwt({ issuedBackSeconds })}
          error={problem('auth.issued_back_seconds')}
        />
      </div>
      <PairsField
        label="Further claims"
        help="Numbers, true and false are sent as such; in double quotes, as text. {client_id}, {subject} and {key_id} stand for what is entered."
        noun="claim"
        names="Claim"
        values="Value"
        nameHint="scope"
        pairs={jwt.claims}
        onChange={(claims) => setJwt({ claims })}
        problem={(name) => (name === '' ? undefined : problem(`auth.claims.${name}`))}
      />
      <NativeSelect
        label="It names a certificate"
        description="Which is then entered with the key."
        value={jwt.thumbprint}
        onChange={(event) =>
          setJwt({
            thumbprint: thumbprints.find(({ value }) => value === event.currentTarget.value)?.value ?? 'none',
          })
        }
        data={thumbprints}
        error={problem('auth.thumbprint')}
      />
    </>
  );
}

/** What is asked for with the JWT, and where the answer has the token. */
function WhatComesBack({ auth, set, problem }: FieldsProps) {
  const { jwt, kind } = auth;
  const setJwt = (more: Partial<DraftJwt>) => set({ jwt: { ...jwt, ...more } });
  return (
    <>
      {kind === 'jwt_bearer' && (
        <NativeSelect
          label="Scopes stand"
          value={jwt.scopeIn}
          onChange={(event) =>
            setJwt({ scopeIn: event.currentTarget.value === 'claim' ? 'claim' : 'parameter' })
          }
          data={[
            { value: 'parameter', label: 'Beside the JWT, as a parameter' },
            { value: 'claim', label: 'In the JWT, as a claim' },
          ]}
        />
      )}
      <PairsField
        label="Further parameters"
        help="Sent with the request for a token."
        noun="parameter"
        names="Parameter"
        values="Value"
        nameHint="resource"
        pairs={jwt.tokenParams}
        onChange={(tokenParams) => setJwt({ tokenParams })}
        problem={(name) => (name === '' ? undefined : problem(`auth.token_params.${name}`))}
      />
      <Line
        label="Where the answer has the token"
        description="Left empty: access_token."
        placeholder="data.token"
        value={jwt.tokenPath}
        onText={(tokenPath) => setJwt({ tokenPath })}
        error={problem('auth.token_path')}
      />
    </>
  );
}
