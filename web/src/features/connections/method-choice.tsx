import type { AuthMethod } from '@keyrail/contract/integrations';
import { Radio } from '@mantine/core';
import styles from './method-choice.module.css';

interface Props {
  methods: readonly AuthMethod[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** The ways to connect a tool, each with a sentence when it is the right one. */
export function MethodChoice({ methods, chosen, onChoose }: Props) {
  if (methods.length < 2) return null;
  return (
    <Radio.Group label="How to connect" value={chosen} onChange={onChoose}>
      <div className={styles.methods}>
        {methods.map((method) => (
          <Radio
            key={method.id}
            value={method.id}
            label={method.label}
            description={method.when_to_use ?? whenOf[method.kind]}
            size="sm"
            classNames={{ root: styles.method ?? '', body: styles.body ?? '' }}
            data-chosen={method.id === chosen || undefined}
          />
        ))}
      </div>
    </Radio.Group>
  );
}

/** Where the integration says nothing of its own. */
const whenOf: Record<AuthMethod['kind'], string> = {
  api_key: 'Quickest: paste a key that the tool gives out.',
  basic: 'Where the tool takes a user name and a password.',
  oauth2: 'Sign in at the tool and allow access; nothing has to be copied.',
  oauth2_client_credentials: 'For programs: access belongs to an app, not to a person.',
  service_account: 'Access that is tied to no person, and stays when somebody leaves.',
  certificate: 'Where the tool asks for a client certificate.',
  none: 'The tool asks for no sign-in.',
};
