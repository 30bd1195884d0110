import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core';
import { useCrumbs } from '../../lib/crumbs.ts';
import { Page } from '../../ui/page.tsx';
import styles from './settings.module.css';

const looks: { value: MantineColorScheme; label: string }[] = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'As the system' },
];

export function AppearancePage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Appearance' }]);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title="Appearance" about="In this browser alone." narrow>
      <fieldset className={styles.looks} aria-label="Appearance">
        {looks.map(({ value, label }) => (
          <label key={value} className={styles.look}>
            <input
              type="radio"
              name="appearance"
              value={value}
              checked={colorScheme === value}
              onChange={() => setColorScheme(value)}
            />
            <span className={styles.picture}>
              <Picture look={value} />
            </span>
            {label}
          </label>
        ))}
      </fieldset>
    </Page>
  );
}

const colours = {
  light: { page: '#ffffff', side: '#f2f2f4', line: '#dcdce0', act: '#2a50c8' },
  dark: { page: '#1a1c21', side: '#101114', line: '#43464f', act: '#6f8fec' },
};

/** The frame of the app in small; of "as the system" half of each. */
function Picture({ look }: { look: MantineColorScheme }) {
  return (
    <svg viewBox="0 0 160 100" aria-hidden="true" focusable="false">
      <Frame {...colours[look === 'dark' ? 'dark' : 'light']} />
      {look === 'auto' && (
        <g clipPath="url(#right-half)">
          <clipPath id="right-half">
            <path d="M80 0h80v100H80z" />
          </clipPath>
          <Frame {...colours.dark} />
        </g>
      )}
    </svg>
  );
}

function Frame({ page, side, line, act }: (typeof colours)['light']) {
  return (
    <>
      <path d="M0 0h160v100H0z" fill={page} />
      <path d="M0 0h40v100H0z" fill={side} />
      <g stroke={line} strokeWidth="4" strokeLinecap="round">
        <path d="M10 16h18M10 28h14M10 38h18M56 20h44M56 40h88M56 54h88M56 68h88M56 82h60" />
      </g>
      <path d="M126 20h18" stroke={act} strokeWidth="8" strokeLinecap="round" />
    </>
  );
}
