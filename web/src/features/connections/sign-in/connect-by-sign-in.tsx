import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { ApiError } from '@keyrail/sdk/api-error';
import { CredentialFields } from '../credential-fields.tsx';
import { askedFor, fieldsOf } from '../methods.ts';
import type { CredentialsForm } from '../use-credentials-form.ts';
import { OAuthConnect } from './oauth-connect.tsx';
import type { SignInControl } from './use-sign-in.ts';

interface Props {
  formId?: string;
  tool: Integration;
  method: AuthMethod;
  form: Pick<CredentialsForm, 'values' | 'setValues'>;
  control: SignInControl;
  /** The words of the button. */
  verb: string;
  /** What the sign-in is for: a new connection by its name, or one that is there. */
  subject: { name?: string; connection?: string };
  onCancel?: () => void;
  /** Scopes that the sign-in before had, or was meant to have. */
  ticked?: readonly string[];
}

/** The way in by signing in at the tool, with the fields it needs before. */
export function ConnectBySignIn({ tool, method, form, control, subject, ...shown }: Props) {
  return (
    <OAuthConnect
      {...shown}
      tool={tool}
      method={method}
      control={control}
      onBegin={(optionalScopes, acceptOtherAccount) =>
        control.begin({
          integration: tool.slug,
          method: method.id,
          ...subject,
          fields: askedFor(tool, method, form.values),
          optional_scopes: optionalScopes,
          accept_other_account: acceptOtherAccount,
        })
      }
    >
      <CredentialFields
        fields={fieldsOf(tool, method)}
        values={form.values}
        onChange={form.setValues}
        errorOf={(field) => signInError(control)?.field(`fields.${field}`)}
        keyLocation={null}
        toolName={tool.name}
      />
    </OAuthConnect>
  );
}

/** What the API refused a sign-in for, which names the fields that are wrong. */
export function signInError({ state }: SignInControl): ApiError | undefined {
  return state.kind === 'refused' && state.error instanceof ApiError ? state.error : undefined;
}
