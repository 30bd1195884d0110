import type { Integration } from '@keyrail/contract/integrations';
import { useId, useState } from 'react';
import { api } from '../../lib/api.ts';
import { useOnceKey } from '../../lib/use-once-key.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './connect-form.module.css';
import { FoldedDates, momentOf, noDates } from './date-fields.tsx';
import { EnterCredentials } from './enter-credentials.tsx';
import { MethodChoice } from './method-choice.tsx';
import { methodsOf, secretName } from './methods.ts';
import { NameField } from './name-field.tsx';
import type { Saved } from './outcome.tsx';
import { lower } from './rotation-steps.tsx';
import { ConnectBySignIn, signInError } from './sign-in/connect-by-sign-in.tsx';
import { useSignedIn } from './sign-in/use-signed-in.ts';
import { useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  onSaved: (saved: Saved) => void;
  onCancel?: () => void;
  /** In a popup the first field takes the focus. */
  isPopup?: boolean;
}

/** Where the button of a page leads while the form stands on it. */
export const connectNameId = 'connect-name';

/** A new connection: named, checked with the tool, then saved. */
export function ConnectForm({ tool, onSaved, onCancel, isPopup = false }: Props) {
  const methods = methodsOf(tool);
  const [chosen, setChosen] = useState(methods[0]?.id);
  const [name, setName] = useState('');
  const [dates, setDates] = useState(noDates);
  const method = methods.find((one) => one.id === chosen) ?? methods[0];
  const formId = useId();
  const keyFor = useOnceKey();
  const named = name.trim() === '' ? {} : { name: name.trim() };
  const form = useCredentialsForm((credentials, { saveUnverified = false }) => {
    const body = {
      integration: tool.slug,
      ...named,
      ...(method !== undefined && { method: method.id }),
      credentials,
      save_unverified: saveUnverified,
      ...(dates.ends !== '' && { ends_at: momentOf(dates.ends) }),
    };
    return api.connections.create(body, keyFor(body));
  }, onSaved);
  const signIn = useSignedIn(tool, onSaved);

  if (method === undefined) return <Unavailable tool={tool} />;
  return (
    <div className={styles.form}>
      <NameField
        id={isPopup ? undefined : connectNameId}
        form={formId}
        placeholder={method.kind === 'oauth2' ? 'Our main account' : 'Our main key'}
        value={name}
        onText={setName}
        refusal={form.error ?? signInError(signIn)}
        data-autofocus={isPopup || undefined}
      />
      <MethodChoice
        methods={methods}
        chosen={method.id}
        onChoose={(id) => {
          setChosen(id);
          form.reset();
          signIn.stop();
        }}
      />
      {method.kind === 'oauth2' ? (
        <ConnectBySignIn
          key={method.id}
          formId={formId}
          tool={tool}
          method={method}
          form={form}
          control={signIn}
          verb={isPopup ? 'Authorize' : 'Connect with OAuth'}
          subject={named}
          {...(onCancel && { onCancel })}
        />
      ) : (
        <EnterCredentials
          key={method.id}
          formId={formId}
          tool={tool}
          method={method}
          form={form}
          {...(onCancel && { onCancel })}
        >
          <FoldedDates
            dates={dates}
            onDates={setDates}
            what={lower(secretName(method))}
            errorOf={() => form.error?.field('ends_at')}
            hasReplace={false}
          />
        </EnterCredentials>
      )}
    </div>
  );
}

function Unavailable({ tool }: { tool: Integration }) {
  return (
    <Notice tone="grey" title={`This version of Keyrail cannot connect ${tool.name} yet.`}>
      <p>
        It connects by {tool.auth_methods.map((method) => method.label).join(' or ')}, which is not available
        on this server.
      </p>
    </Notice>
  );
}
