// biome-ignore-all lint/a11y/useSemanticElements: a scrolled part is a region
import type { ImportResult } from '@keyrail/contract/tables';
import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { offerFile, toCsv } from '../../../lib/download.ts';
import { count, number } from '../../../lib/format.ts';
import { Notice } from '../../../ui/notice.tsx';
import styles from './import.module.css';

interface Props {
  result: ImportResult;
  fileName: string;
  isNew: boolean;
  onOpen: () => void;
}

/** What came in, and what did not fit. */
export function ImportDone({ result, fileName, isNew, onOpen }: Props) {
  const hasProblems = result.problems.length > 0;
  const title = [
    `${count(result.rows_added, 'row')} added`,
    result.rows_changed > 0 ? `${number(result.rows_changed)} changed` : null,
    result.rows_rejected > 0 ? `${number(result.rows_rejected)} not imported` : null,
  ]
    .filter(Boolean)
    .join(', ');
  const download = () => {
    const lines = result.problems.map(({ line, column, value, message }) => [line, column, value, message]);
    const name = `${fileName.replace(/\.[^.]*$/, '')} - not fitting.csv`;
    offerFile(name, 'text/csv', toCsv([['Line', 'Column', 'Value', 'Problem'], ...lines]));
  };
  return (
    <div className={styles.stack}>
      <Notice tone={result.rows_rejected > 0 ? 'amber' : 'green'} live title={title}>
        {result.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
      </Notice>
      {hasProblems && (
        <>
          <div className={styles.problemsHead}>
            <h3>
              {result.problems.length >= 1000
                ? 'The first 1,000 problems'
                : count(result.problems.length, 'problem')}
            </h3>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconDownload size={14} />}
              onClick={download}
            >
              Download the list
            </Button>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard */}
          <div className={styles.problems} tabIndex={0} role="region" aria-label="What did not fit">
            <table>
              <thead>
                <tr>
                  <th scope="col">Line</th>
                  <th scope="col">Column</th>
                  <th scope="col">Value</th>
                  <th scope="col">Problem</th>
                </tr>
              </thead>
              <tbody>
                {result.problems.slice(0, 200).map((problem) => (
                  <tr key={`${problem.line} ${problem.column} ${problem.message}`}>
                    <td className="k-num">{number(problem.line)}</td>
                    <td>{problem.column}</td>
                    <td className={styles.value}>{problem.value}</td>
                    <td>{problem.message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {result.problems.length > 200 && <p className="k-2">The rest stands in the list to download.</p>}
          </div>
        </>
      )}
      <div className={styles.foot}>
        <Button onClick={onOpen} data-autofocus>
          {isNew ? 'Open the table' : 'Done'}
        </Button>
      </div>
    </div>
  );
}
