import type { Action } from '@keyrail/contract/integrations';
import { IconChevronRight } from '@tabler/icons-react';
import { aboutAction, actionTags } from '../../../lib/words.ts';
import list from '../../../ui/list.module.css';
import { Out } from '../../../ui/out.tsx';
import styles from './about.module.css';

/** One action; what goes in and what comes out unfolds. */
export function ActionLine({ action }: { action: Action }) {
  return (
    <details className={styles.action}>
      <summary>
        <IconChevronRight size={14} className={styles.fold} aria-hidden />
        <span className={styles.actionName}>{action.label}</span>
        <span className={styles.actionText}>{aboutAction(action)}</span>
        <span className={styles.tags}>
          {actionTags(action).map((tag) => (
            <span key={tag} className={list.badge}>
              {tag}
            </span>
          ))}
        </span>
      </summary>
      <div className={styles.actionBody}>
        <Inputs action={action} />
        <div>
          <h3>Comes out</h3>
          <ul className={styles.plain}>
            {action.outputs.map((output) => (
              <li key={output.name}>
                {output.label}
                {output.is_primary && <span className="k-2"> shown in the column</span>}
              </li>
            ))}
          </ul>
        </div>
        <div className={styles.whole}>
          <ul className={styles.lines}>
            {action.facts.map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
          <p className="k-2">
            <code>{action.request}</code>{' '}
            {action.docs_url !== null && <Out to={action.docs_url}>Its documentation</Out>}
          </p>
        </div>
      </div>
    </details>
  );
}

function Inputs({ action }: { action: Action }) {
  const labelOf = (name: string) => action.inputs.find((input) => input.name === name)?.label ?? name;
  const sets = action.one_of.map((set) => set.map(labelOf).join(' + '));
  return (
    <div>
      <h3>Goes in</h3>
      {action.inputs.length === 0 && <p className="k-2">Nothing.</p>}
      <ul className={styles.plain}>
        {action.inputs.map((input) => (
          <li key={input.name}>
            {input.label}
            {input.is_required && <span className="k-2"> required</span>}
            {input.help !== null && <span className={styles.under}>{input.help}</span>}
            {input.example !== null && (
              <span className={styles.under}>
                For example <code>{input.example}</code>
              </span>
            )}
          </li>
        ))}
      </ul>
      {sets.length > 0 && <p className={styles.least}>At least: {sets.join(', or ')}.</p>}
    </div>
  );
}
