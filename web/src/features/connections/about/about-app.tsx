import type { Integration, IntegrationSource } from '@keyrail/contract/integrations';
import { shortDay } from '../../../lib/dates.ts';
import { count, possessive } from '../../../lib/format.ts';
import { Out } from '../../../ui/out.tsx';
import { Section } from '../../../ui/page.tsx';
import { inOrder } from '../methods.ts';
import styles from './about.module.css';
import { ActionLine } from './action-line.tsx';
import { WayToConnect } from './way-to-connect.tsx';

/** What is known of a tool: the same that its document says, made from its catalog file. */
export function AboutApp({ tool }: { tool: Integration }) {
  return (
    <>
      <Section title={`What ${tool.name} can do here`}>
        {tool.actions.length === 0 && <p className="k-2">{noAction(tool)}</p>}
        <div className={styles.actions}>
          {tool.actions.map((action) => (
            <ActionLine key={action.name} action={action} />
          ))}
        </div>
      </Section>
      <Section title={tool.auth_methods.length > 1 ? 'Ways to connect' : 'How it connects'}>
        {inOrder(tool.auth_methods).map((method) => (
          <WayToConnect key={method.id} tool={tool} method={method} />
        ))}
      </Section>
      {(tool.limits.length > 0 || !tool.is_custom) && (
        <Section title="Limits">
          <Lines
            of={
              tool.limits.length > 0
                ? tool.limits
                : [
                    `The catalog names no limits of ${tool.name}. Where it says “too many requests”, calls wait and go on by themselves.`,
                  ]
            }
          />
        </Section>
      )}
      {tool.oddities.length > 0 && (
        <Section title="Known oddities">
          <Lines of={tool.oddities} />
        </Section>
      )}
      {tool.checked !== null && (
        <Section title="Sources" about={`Last compared on ${shortDay(tool.checked)}.`}>
          <details className={styles.folded}>
            <summary>{count(tool.sources.length, 'source')}</summary>
            <ul className={styles.lines}>
              {tool.sources.map((source) => (
                <li key={source.at}>
                  <Source source={source} />
                </li>
              ))}
            </ul>
          </details>
        </Section>
      )}
    </>
  );
}

/** Stands under a tool's name: what it is, and where it is. */
export function AppSubtitle({ tool }: { tool: Integration }) {
  return (
    <>
      {tool.description}
      <span className={styles.links}>
        <span>{tool.category}</span>
        {!tool.is_custom && <Out to={tool.homepage}>Homepage</Out>}
        {tool.docs_url !== null && <Out to={tool.docs_url}>{possessive(tool.name)} API documentation</Out>}
      </span>
    </>
  );
}

function Lines({ of }: { of: readonly string[] }) {
  return (
    <ul className={styles.lines}>
      {of.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

const partWords: Record<IntegrationSource['for'][number], string> = {
  auth: 'credentials',
  sign_in: 'signing in',
  probe: 'the check',
  answers: 'what answers mean',
  limits: 'limits',
  actions: 'actions',
};

function Source({ source: { at, url, for: parts } }: { source: IntegrationSource }) {
  return (
    <>
      {url === null ? at : <Out to={url}>{at.replace(/^https?:\/\//, '').replace(/\/$/, '')}</Out>}
      {parts.length > 0 && (
        <span className="k-2"> for {parts.map((part) => partWords[part]).join(', ')}</span>
      )}
    </>
  );
}

function noAction(tool: Integration): string {
  return `There is no ready-made action for it yet. Your own code can call ${tool.name} through /v1/proxy/${tool.slug}/…, which adds the credential.`;
}
