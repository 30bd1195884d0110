import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { count } from '../../../lib/format.ts';
import { Out } from '../../../ui/out.tsx';
import styles from './about.module.css';

/** One auth method: when it is the right one, where its credential is, how it is checked and how long it lasts. */
export function WayToConnect({ tool, method }: { tool: Integration; method: AuthMethod }) {
  const fields = [...tool.connection_fields, ...method.fields].sort(
    (one, other) => Number(other.is_required) - Number(one.is_required),
  );
  return (
    <div className={styles.way}>
      <h3>{method.label}</h3>
      {method.when_to_use !== null && <p className="k-2">{method.when_to_use}</p>}
      <dl className={styles.facts}>
        {method.key_location !== null && (
          <Fact name="Where it is">
            <strong>{method.key_location}</strong>
            {method.key_url !== null && (
              <>
                {' '}
                <Out to={method.key_url}>Open it</Out>
              </>
            )}
            {method.key_hint !== null && <span className={styles.under}>{method.key_hint}</span>}
          </Fact>
        )}
        {method.setup !== null && (
          <Fact name="Needs once">
            A sign-in setup: client id and secret of an app.
            {method.setup.register_url !== null && (
              <>
                {' '}
                <Out to={method.setup.register_url}>Register it</Out>
              </>
            )}
          </Fact>
        )}
        {fields.length > 0 && (
          <Fact name="You enter">
            {fields.map(({ name, label, is_required }) => (
              <span key={name} className={styles.sentence}>
                {label}
                {!is_required && <span className="k-2"> may stay empty</span>}
              </span>
            ))}
          </Fact>
        )}
        {method.kind !== 'none' && (
          <Fact name="Checked with">
            {method.check === null ? (
              `${tool.name} offers no way to check it before it is used.`
            ) : (
              <Check check={method.check} />
            )}
          </Fact>
        )}
        {method.facts.length > 0 && (
          <Fact name="Good to know">
            {method.facts.map((fact) => (
              <span key={fact} className={styles.sentence}>
                {fact}
              </span>
            ))}
          </Fact>
        )}
        {method.rotation_help !== null && <Fact name="To replace it">{method.rotation_help}</Fact>}
        {method.scopes.length > 0 && (
          <Fact name="Asks for">
            <Scopes scopes={method.scopes} />
          </Fact>
        )}
      </dl>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const toldWords = {
  account: 'whose account it is',
  plan: 'the plan',
  credits: 'what credits are left',
  scopes: 'what is allowed',
};

/** "a", "a and b", "a, b and c". */
function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function Check({ check: { request, note, tells } }: { check: NonNullable<AuthMethod['check']> }) {
  return (
    <>
      <code>{request}</code>
      {tells.length > 0 && ` tells ${listWords(tells.map((one) => toldWords[one]))}.`}
      {note !== null && <span className={styles.under}>{note}</span>}
    </>
  );
}

function Scopes({ scopes }: { scopes: AuthMethod['scopes'] }) {
  return (
    <details className={styles.scopes}>
      <summary>{count(scopes.length, 'permission')}</summary>
      <ul className={styles.plain}>
        {scopes.map(({ name, description, is_optional }) => (
          <li key={name}>
            {description ?? name}
            {is_optional && <span className="k-2"> if you choose it</span>}
            {description !== null && (
              <span className={styles.under}>
                <code>{name}</code>
              </span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
