import type { Action } from '@keyrail/contract/integrations';
import type { CellDetail, CellState, CellValue } from '@keyrail/contract/tables';
import type { Tryout } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { number } from '../../../lib/format.ts';
import { cellWords } from '../../../lib/words.ts';
import { Notice } from '../../../ui/notice.tsx';
import { safeAddress, textOf } from '../grid/cell-value.ts';
import styles from './panels.module.css';

const wantsConnection = new Set<CellState>(['waiting_for_connection', 'out_of_credits']);

interface Props {
  cell: CellDetail | Tryout;
  integration: string | null;
  /** Names the outputs and gives their order; without it their plain names stand there. */
  action?: Action | undefined;
}

/** What an action came to in one row, whether it was a try or a run. */
export function CellOutcome({ cell, integration, action }: Props) {
  const said = cellWords[cell.state];
  const outputs = outputsOf(cell, action);
  const hasValue = cell.state === 'done' || cell.state === 'stale';
  return (
    <div className={styles.stack}>
      {hasValue ? (
        <Value value={cell.value} />
      ) : (
        <Notice tone={said.tone} live title={cell.message ?? said.words}>
          {cell.next_step !== null && <p>{cell.next_step}</p>}
          {cell.provider_message !== null && (
            <p className="k-small k-2">
              {cell.request?.host ?? 'The tool'} answered
              {cell.response_status !== null && ` with status ${cell.response_status}`}: “
              {cell.provider_message}”
            </p>
          )}
          {integration !== null && wantsConnection.has(cell.state) && <ToConnection slug={integration} />}
        </Notice>
      )}
      {cell.state === 'stale' && <p className="k-2">The inputs changed since this was found.</p>}
      {outputs.length > 0 && (
        <dl className={styles.outputs}>
          {outputs.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className={typeof value === 'object' ? 'k-mono' : undefined}>
                {typeof value === 'object' ? JSON.stringify(value, null, 1) : textOf(value)}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {cell.request !== null && <Call cell={cell} />}
    </div>
  );
}

/** Besides the main value, which stands above; in the order of the action. */
function outputsOf(
  { outputs }: CellDetail | Tryout,
  action: Action | undefined,
): { label: string; value: CellValue }[] {
  const isFilled = (value: CellValue | undefined): value is CellValue => value != null && value !== '';
  if (action === undefined) {
    return Object.entries(outputs)
      .filter(([, value]) => isFilled(value))
      .map(([name, value]) => ({ label: name.replaceAll('_', ' '), value }));
  }
  return action.outputs.flatMap(({ name, label, is_primary: isPrimary }) => {
    const value = outputs[name];
    return isPrimary || !isFilled(value) ? [] : [{ label, value }];
  });
}

function Value({ value }: { value: CellDetail['value'] }) {
  const address = safeAddress(value);
  return (
    <p className={styles.value}>
      {address === undefined ? (
        textOf(value) || <span className="k-2">Done, without a value</span>
      ) : (
        <a href={address} target="_blank" rel="noopener noreferrer">
          {address}
        </a>
      )}
    </p>
  );
}

function ToConnection({ slug }: { slug: string }) {
  return (
    <Button
      mt={8}
      variant="default"
      renderRoot={(props) => <Link to="/settings/connections/$slug" params={{ slug }} {...props} />}
    >
      Open the connection
    </Button>
  );
}

/** The call that was made, and the raw answer (secrets removed by the server). */
function Call({ cell }: { cell: CellDetail | Tryout }) {
  const { request } = cell;
  if (request === null) return null;
  return (
    <details className={styles.details}>
      <summary>The call and the raw answer</summary>
      <dl className={styles.facts}>
        <div>
          <dt>Request</dt>
          <dd className="k-mono">
            {request.method} {request.host}
            {request.path}
          </dd>
        </div>
        {cell.response_status !== null && (
          <div>
            <dt>Status</dt>
            <dd>{cell.response_status}</dd>
          </div>
        )}
        {cell.duration_ms !== null && (
          <div>
            <dt>Took</dt>
            <dd>{number(Math.round(cell.duration_ms))} ms</dd>
          </div>
        )}
      </dl>
      {cell.response_body !== null && <pre className={styles.raw}>{pretty(cell.response_body)}</pre>}
    </details>
  );
}

/** Shown as text whatever it holds; laid out where it is JSON of a reasonable depth. */
function pretty(body: string): string {
  if (!/^\s*[[{]/.test(body) || /[[{]{200}/.test(body.replace(/\s/g, ''))) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
