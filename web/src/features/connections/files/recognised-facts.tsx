import { Loader } from '@mantine/core';
import { exactTime, relativeTime } from '../../../lib/format.ts';
import { Notice } from '../../../ui/notice.tsx';
import styles from './recognised-facts.module.css';
import type { Recognition } from './use-recognised.ts';

/** What the file is, before it is saved; or what it is instead. */
export function RecognisedFacts({ recognition }: { recognition: Recognition }) {
  const { isAsking, found } = recognition;
  if (found === null) {
    if (!isAsking) return null;
    return (
      <p className={styles.asking} role="status">
        <Loader size={14} aria-hidden /> Reading the file…
      </p>
    );
  }
  if (found.problem !== null) {
    // A passphrase that is still to be entered is nothing wrong with the file.
    return (
      <Notice
        tone={found.problem.field === 'passphrase' ? 'amber' : 'red'}
        live
        title={found.problem.message}
      >
        <Facts recognition={recognition} />
      </Notice>
    );
  }
  if (found.title === null) return null;
  return (
    <div aria-busy={isAsking}>
      <Notice tone={found.warnings.length > 0 ? 'amber' : 'green'} live title={found.title}>
        {found.warnings.map((warning) => (
          <p key={warning}>{warning}</p>
        ))}
        <Facts recognition={recognition} />
      </Notice>
    </div>
  );
}

function Facts({ recognition: { found } }: { recognition: Recognition }) {
  if (found === null || (found.facts.length === 0 && found.expires_at === null)) return null;
  return (
    <dl className={styles.facts}>
      {found.facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
      {found.expires_at !== null && !found.facts.some(({ label }) => label === 'Ends on') && (
        <div>
          <dt>Ends</dt>
          <dd>
            {exactTime(found.expires_at)} ({relativeTime(found.expires_at)})
          </dd>
        </div>
      )}
    </dl>
  );
}
