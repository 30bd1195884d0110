import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { count } from '../../../lib/format.ts';
import { Fact } from '../../../ui/fact.tsx';
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
            {setupWords(tool, method.setup)}
            {method.setup.set_up_by === null && method.setup.register_url !== null && (
              <>
                {' '}
                <Out to={method.setup.register_url}>Register an app</Out>
              </>
            )}
          </Fact>
        )}
        {fields.length > 0 && (
          <Fact name="You enter">
            {fields.map(({ name, label, is_required }) => (
              <span key={name} className={styles.sentence}>
                {label}
                {!is_required && <span className="k-2"> optional</span>}
              </span>
            ))}
          </Fact>
        )}
        {method.kind !== 'none' && (
          <Fact name="Checked">
            {method.check === null ? (
              `${tool.name} offers no way to check it before it is used.`
            ) : (
              <Check check={method.check} toolName={tool.name} />
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

const toldWords = {
  account: 'whose account it is',
  plan: 'its plan',
  credits: 'what credits are left',
  scopes: 'what is allowed',
};

function setupWords({ name }: Integration, { set_up_by: by }: NonNullable<AuthMethod['setup']>): string {
  if (by !== null)
    return `A sign-in setup, which ${by === 'operator' ? 'this server' : 'this workspace'} has.`;
  return `A sign-in setup: client ID and client secret of an app that somebody registers at ${name}.`;
}

/** "a", "a and b", "a, b and c". */
function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

interface CheckProps {
  check: NonNullable<AuthMethod['check']>;
  toolName: string;
}

function Check({ check: { request, note, tells }, toolName }: CheckProps) {
  return (
    <>
      {tells.length === 0
        ? `${toolName} is asked whether it works.`
        : `${toolName} tells ${listWords(tells.map((one) => toldWords[one]))}.`}
      {note !== null && <span className={styles.under}>{note}</span>}
      <span className={styles.under}>
        <code>{request}</code>
      </span>
    </>
  );
}

function Scopes({ scopes }: { scopes: AuthMethod['scopes'] }) {
  return (
    <details className={styles.folded}>
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
