import { Checkbox, NativeSelect, Textarea } from '@mantine/core';
import styles from './custom.module.css';
import type { Draft } from './draft.ts';
import { Line, type PartProps } from './form-parts.tsx';
import { PairsField } from './pairs-field.tsx';

/** The cheapest harmless request, and what its answer means. */
export function CheckPart({ draft, onChange, problem }: PartProps) {
  const { check } = draft;
  const set = (more: Partial<Draft['check']>) => onChange({ check: { ...check, ...more } });
  return (
    <>
      <Checkbox
        label="There is a request to check a connection with"
        description="Without one Keyrail cannot tell a good key from a wrong one before it is saved."
        checked={draft.hasCheck}
        onChange={(event) => onChange({ hasCheck: event.currentTarget.checked })}
      />
      {draft.hasCheck && (
        <>
          <div className={styles.request}>
            <NativeSelect
              label="Method"
              value={check.method}
              onChange={(event) => set({ method: event.currentTarget.value as 'GET' })}
              data={['GET', 'POST']}
            />
            <Line
              label="Path"
              description="After the base URL."
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              placeholder="/me"
              value={check.path}
              onText={(path) => set({ path })}
              error={problem('check.path')}
            />
          </div>
          {check.method === 'POST' && (
            <Textarea
              label="Body (JSON)"
              autosize
              minRows={2}
              maxRows={12}
              spellCheck={false}
              value={check.body}
              onChange={(event) => set({ body: event.currentTarget.value })}
              error={problem('check.body')}
              classNames={{ input: styles.code ?? '' }}
            />
          )}
          <Line
            label="Account name in the answer"
            description="Shown as “Connected as”. A path such as data.user.email."
            value={check.accountPath}
            onText={(accountPath) => set({ accountPath })}
            error={problem('check.account')}
          />
          <details className={styles.details}>
            <summary>Parameters, and which answers are good</summary>
            <PairsField
              label="Parameters"
              noun="parameter"
              names="Name"
              values="Value"
              pairs={check.query}
              onChange={(query) => set({ query })}
              problem={(name) => problem(`check.query.${name}`)}
            />
            <div className={styles.pair2}>
              <Line
                label="Good statuses"
                description="Empty: any 2xx."
                placeholder="200"
                value={check.okStatus}
                onText={(okStatus) => set({ okStatus })}
                error={problem('check.ok_status')}
              />
              <Line
                label="Statuses of a wrong key"
                description="Beside 401."
                placeholder="403"
                value={check.rejectedStatus}
                onText={(rejectedStatus) => set({ rejectedStatus })}
                error={problem('check.rejected_status')}
              />
              <Line
                label="Must be in the answer"
                description="A path, where every status is 200."
                placeholder="ok"
                value={check.okPath}
                onText={(okPath) => set({ okPath })}
                error={problem('check.answers')}
              />
              <Line
                label="and be"
                description="Empty: anything."
                placeholder="true"
                value={check.okEquals}
                onText={(okEquals) => set({ okEquals })}
                disabled={check.okPath.trim() === ''}
              />
            </div>
          </details>
        </>
      )}
    </>
  );
}
