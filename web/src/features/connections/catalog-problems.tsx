import type { CatalogProblem } from '@keyrail/contract/catalog-problems';
import { useQuery } from '@tanstack/react-query';
import { count } from '../../lib/format.ts';
import { catalogProblemsQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './catalog-problems.module.css';

const shownFiles = 3;

/** Files that were left out, told to whoever may be looking for what is in them. */
export function CatalogProblems() {
  const mayChange = useMay('admin');
  const problems = useQuery({ ...catalogProblemsQuery, enabled: mayChange });
  if (problems.data === undefined || problems.data.length === 0) return null;
  const byFile = [...Map.groupBy(problems.data, ({ origin, file }) => `${origin} ${file}`).values()];
  const files = byFile.length;
  const more = files - shownFiles;
  return (
    <div className={styles.place}>
      <Notice
        tone="amber"
        title={`${count(files, 'catalog file')} cannot be used, and ${files === 1 ? 'is' : 'are'} left out`}
      >
        <ul className={styles.problems}>
          {byFile.slice(0, shownFiles).map(([problem, ...others]) =>
            problem === undefined ? null : (
              <li key={placeOf(problem)}>
                <code>{placeOf(problem)}</code> {problem.message}
                {others.length > 0 && ` ${count(others.length, 'more mistake')} in it.`}
              </li>
            ),
          )}
        </ul>
        <p>
          {more > 0 && `And ${count(more, 'more file')}. `}
          Correct {files === 1 ? 'it' : 'them'} and start the server again;{' '}
          <code>npm run keyrail -- catalog check</code> names every mistake.
        </p>
      </Notice>
    </div>
  );
}

function placeOf({ file, line, origin }: CatalogProblem): string {
  return `${origin === 'built_in' ? 'catalog/' : ''}${file}:${line}`;
}
