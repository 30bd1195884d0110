import { ActionIcon, Button, Checkbox, NativeSelect } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { type FieldsProps, Scopes, TokenUrl } from './auth-fields.tsx';
import { authTypes, authWords } from './auth-words.ts';
import styles from './custom.module.css';
import { DiscoverField } from './discover-field.tsx';
import { type DraftAuth, newPair } from './draft.ts';
import { Line, type PartProps } from './form-parts.tsx';
import { ServiceAccountFields } from './service-account-part.tsx';

/** How requests authenticate. The secrets themselves are entered with a connection. */
export function AuthPart({ draft, onChange, problem }: PartProps) {
  const { auth } = draft;
  const set = (more: Partial<DraftAuth>) => onChange({ auth: { ...auth, ...more } });
  return (
    <>
      <NativeSelect
        label="Authentication"
        description={authWords[auth.type].about}
        value={auth.type}
        onChange={(event) => set({ type: event.currentTarget.value as DraftAuth['type'] })}
        data={authTypes.map((type) => ({ value: type, label: authWords[type].label }))}
      />
      <AuthFields auth={auth} set={set} problem={problem} />
    </>
  );
}

function AuthFields(props: FieldsProps) {
  const { auth, set, problem } = props;
  switch (auth.type) {
    case 'header':
      return <HeaderFields {...props} />;
    case 'query':
      return <ParameterFields {...props} />;
    case 'bearer':
      return (
        <Line
          label="What the tool calls it"
          value={auth.label}
          onText={(label) => set({ label })}
          error={problem('auth.label')}
        />
      );
    case 'basic':
      return (
        <Checkbox
          label="The key is the user name"
          description="Then it is hidden like a password, which may be left empty."
          checked={auth.isUsernameSecret}
          onChange={(event) => set({ isUsernameSecret: event.currentTarget.checked })}
        />
      );
    case 'oauth2':
      return <SignInFields {...props} />;
    case 'oauth2_client_credentials':
      return (
        <>
          <TokenUrl {...props} />
          <Scopes {...props} />
          <HowSecretTravels {...props} />
        </>
      );
    case 'service_account':
      return <ServiceAccountFields {...props} />;
    default:
      return null;
  }
}

function HeaderFields({ auth, set, problem }: FieldsProps) {
  const change = (key: string, more: Partial<DraftAuth['headers'][number]>) =>
    set({ headers: auth.headers.map((one) => (one.key === key ? { ...one, ...more } : one)) });
  return (
    <div className={styles.group}>
      {auth.headers.map((header, index) => (
        <div key={header.key} className={styles.triple}>
          <Line
            label="Header"
            value={header.name}
            onText={(name) => change(header.key, { name })}
            error={problem(`auth.headers.${index}.name`)}
            placeholder="X-Api-Key"
          />
          <Line
            label="Before the secret"
            value={header.value}
            onText={(value) => change(header.key, { value })}
            error={problem(`auth.headers.${index}.prefix`)}
            placeholder="nothing"
          />
          <Line
            label="What the tool calls it"
            value={header.label}
            onText={(label) => change(header.key, { label })}
          />
          {auth.headers.length > 1 && (
            <Remove
              what={`header ${index + 1}`}
              onClick={() => set({ headers: auth.headers.filter((one) => one.key !== header.key) })}
            />
          )}
        </div>
      ))}
      <Add
        what="a second header"
        isShown={auth.headers.length < 5}
        onClick={() => set({ headers: [...auth.headers, { ...newPair(), label: 'API secret' }] })}
      />
    </div>
  );
}

function ParameterFields({ auth, set, problem }: FieldsProps) {
  const change = (key: string, more: { name?: string; value?: string }) =>
    set({ parameters: auth.parameters.map((one) => (one.key === key ? { ...one, ...more } : one)) });
  return (
    <div className={styles.group}>
      {auth.parameters.map((parameter, index) => (
        <div key={parameter.key} className={styles.triple}>
          <Line
            label="Parameter"
            value={parameter.name}
            onText={(name) => change(parameter.key, { name })}
            error={problem(`auth.parameters.${index}`)}
            placeholder="api_key"
          />
          <Line
            label="What the tool calls it"
            value={parameter.value}
            onText={(value) => change(parameter.key, { value })}
          />
          {auth.parameters.length > 1 && (
            <Remove
              what={`parameter ${index + 1}`}
              onClick={() => set({ parameters: auth.parameters.filter((one) => one.key !== parameter.key) })}
            />
          )}
        </div>
      ))}
      <Add
        what="a second parameter"
        isShown={auth.parameters.length < 5}
        onClick={() => set({ parameters: [...auth.parameters, newPair('', 'API secret')] })}
      />
    </div>
  );
}

function SignInFields(props: FieldsProps) {
  const { auth, set, problem } = props;
  return (
    <>
      <DiscoverField {...props} />
      <Line
        label="Sign-in address"
        description="Where people sign in: the authorization endpoint."
        placeholder="https://acme.example/oauth/authorize"
        value={auth.authorizeUrl}
        onText={(authorizeUrl) => set({ authorizeUrl })}
        error={problem('auth.authorize_url')}
      />
      <TokenUrl {...props} />
      <Scopes {...props} />
      <HowSecretTravels {...props} />
      <Checkbox
        label="PKCE"
        description="Leave it on unless the tool refuses it."
        checked={auth.pkce}
        onChange={(event) => set({ pkce: event.currentTarget.checked })}
      />
      <details className={styles.details}>
        <summary>Other addresses</summary>
        <Line
          label="Refresh address"
          description="Only where it is not the token address."
          value={auth.refreshUrl}
          onText={(refreshUrl) => set({ refreshUrl })}
          error={problem('auth.refresh_url')}
        />
        <Line
          label="Revocation address"
          description="Asked when a connection is disconnected."
          value={auth.revokeUrl}
          onText={(revokeUrl) => set({ revokeUrl })}
          error={problem('auth.revoke_url')}
        />
      </details>
      <p className={styles.help}>
        Client id and secret are entered once, after saving: the page of the app offers the one-time sign-in
        setup.
      </p>
    </>
  );
}

function HowSecretTravels({ auth, set }: FieldsProps) {
  const isSignIn = auth.type === 'oauth2';
  return (
    <NativeSelect
      label="Client secret"
      value={auth.tokenAuthMethod}
      onChange={(event) =>
        set({ tokenAuthMethod: event.currentTarget.value as DraftAuth['tokenAuthMethod'] })
      }
      data={[
        { value: 'client_secret_post', label: 'In the body of the request for a token' },
        { value: 'client_secret_basic', label: 'In its Authorization header' },
        ...(isSignIn ? [{ value: 'none', label: 'There is none (a public client)' }] : []),
      ]}
    />
  );
}

function Remove({ what, onClick }: { what: string; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${what}`} onClick={onClick}>
      <IconTrash size={16} />
    </ActionIcon>
  );
}

function Add({ what, isShown, onClick }: { what: string; isShown: boolean; onClick: () => void }) {
  if (!isShown) return null;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      className={styles.add}
      leftSection={<IconPlus size={14} />}
      onClick={onClick}
    >
      Add {what}
    </Button>
  );
}
