import { Button } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { ActionEditor } from './action-editor.tsx';
import styles from './custom.module.css';
import { type DraftAction, newAction } from './draft.ts';
import type { PartProps } from './form-parts.tsx';

/** What columns can do with it: one request each. */
export function ActionsPart({ draft, onChange, problem }: PartProps) {
  const { actions } = draft;
  const [opened, setOpened] = useState<string | null>(null);
  const change = (key: string, more: Partial<DraftAction>) =>
    onChange({ actions: actions.map((one) => (one.key === key ? { ...one, ...more } : one)) });
  const add = () => {
    const action = newAction();
    onChange({ actions: [...actions, action] });
    setOpened(action.key);
  };
  return (
    <>
      {actions.map((action, index) => {
        const title = action.label.trim() || `Action ${index + 1}`;
        const isWrong = problem(`actions.${index}`) !== undefined;
        return (
          <details
            key={action.key}
            className={styles.action}
            open={opened === action.key || isWrong || undefined}
            onToggle={(event) => {
              if (event.currentTarget.open) setOpened(action.key);
              else if (opened === action.key) setOpened(null);
            }}
          >
            <summary>
              <span className={styles.actionName}>{title}</span>
              <code>
                {action.method} {action.path}
              </code>
            </summary>
            <div className={styles.actionBody}>
              <ActionEditor
                action={action}
                onChange={(more) => change(action.key, more)}
                problem={(path) => problem(path === '' ? `actions.${index}` : `actions.${index}.${path}`)}
              />
              <Button
                variant="subtle"
                color="red"
                className={styles.add}
                leftSection={<IconTrash size={14} />}
                onClick={() => onChange({ actions: actions.filter((one) => one.key !== action.key) })}
              >
                Remove “{title}”
              </Button>
            </div>
          </details>
        );
      })}
      <Button variant="default" className={styles.add} leftSection={<IconPlus size={14} />} onClick={add}>
        Add action
      </Button>
    </>
  );
}
