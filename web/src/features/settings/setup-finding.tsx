import type { SetupFinding } from '@keyrail/contract/setup-check';
import type { Tone } from '../../lib/words.ts';
import { CopyField } from '../../ui/copy-field.tsx';
import list from '../../ui/list.module.css';
import { Status } from '../../ui/status.tsx';
import { settingsIn } from './settings-in.ts';
import styles from './setup-check.module.css';

const said: Record<SetupFinding['state'], { tone: Tone; words: string }> = {
  ok: { tone: 'green', words: 'Fine' },
  warning: { tone: 'amber', words: 'Look at this' },
  problem: { tone: 'red', words: 'Has to change' },
  unknown: { tone: 'grey', words: 'Not checked' },
};

/** One thing that was looked at: how it is, what was found and, where it is not fine, what to change. */
export function FindingRow({ finding }: { finding: SetupFinding }) {
  const { state, title, message, next_step: step } = finding;
  return (
    <li className={`${list.row} ${styles.finding}`}>
      <span className={styles.state}>
        <Status tone={said[state].tone}>{said[state].words}</Status>
      </span>
      <div className={styles.text}>
        <h2>{title}</h2>
        <p>{message}</p>
        {step !== null && <p className={styles.step}>{step}</p>}
        {settingsIn(step).map((setting) => (
          <CopyField key={setting} value={setting} label={`Setting for ${title}`} />
        ))}
      </div>
    </li>
  );
}
