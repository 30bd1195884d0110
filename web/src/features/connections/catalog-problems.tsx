import type { CatalogProblem } from '@keyrail/contract/catalog-problems';
import { useQuery } from '@tanstack/react-query';
import { count, number } from '../../lib/format.ts';
import { catalogProblemsQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './catalog-problems.module.css';

const shownProblems = 5;

/** Files that were left out, told to whoever may be looking for what is in them. */
export function CatalogProblems() {
  const mayChange = useMay('admin');
  const problems = useQuery({ ...catalogProblemsQuery, enabled: mayChange });
  if (problems.data === undefined || problems.data.length === 0) return null;
  const files = new Set(problems.data.map(({ file }) => file)).size;
  const more = problems.data.length - shownProblems;
  return (
    <div className={styles.place}>
      <Notice
        tone="amber"
        title={`${count(files, 'catalog file')} cannot be used, and ${files === 1 ? 'is' : 'are'} left out`}
      >
        <ul className={styles.problems}>
          {problems.data.slice(0, shownProblems).map((problem) => (
            <li key={`${problem.file}:${problem.line}:${problem.column}:${problem.message}`}>
              <code>{placeOf(problem)}</code> {problem.message}
            </li>
          ))}
        </ul>
        {more > 0 && <p>And {number(more)} more.</p>}
        <p>
          Correct {files === 1 ? 'it' : 'them'}, look with <code>npm run keyrail -- catalog check</code>, and
          start the server again.
        </p>
      </Notice>
    </div>
  );
}

function placeOf({ file, line, origin }: CatalogProblem): string {
  return `${origin === 'built_in' ? 'catalog/' : ''}${file}:${line}`;
}
