import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one accent: it acts (buttons, links, focus), it never tells a state. */
const rail: MantineColorsTuple = [
  '#eef3ff',
  '#dfe7fd',
  '#bfcff9',
  '#9ab2f4',
  '#6f8fec',
  '#4a6fe0',
  '#2a50c8',
  '#2345b0',
  '#1c3890',
  '#172d72',
];

/** For what destroys: white on its filled shades keeps 4.5:1. */
const red: MantineColorsTuple = [
  '#fdeeed',
  '#f9d6d4',
  '#f5b5b1',
  '#f3a09b',
  '#f28b85',
  '#c93a36',
  '#b92c2c',
  '#9f2323',
  '#8a1d1d',
  '#6f1717',
];

const gray: MantineColorsTuple = [
  '#f8f8f9',
  '#f2f2f4',
  '#e8e8eb',
  '#dcdce0',
  '#c6c7cd',
  '#9b9da6',
  '#6b6e78',
  '#4f525b',
  '#34363d',
  '#1b1c21',
];

const dark: MantineColorsTuple = [
  '#e6e7ea',
  '#c3c5cb',
  '#9da0a9',
  '#70737d',
  '#43464f',
  '#33363e',
  '#26282f',
  '#1a1c21',
  '#141519',
  '#0f1013',
];

export const theme = createTheme({
  colors: { rail, gray, dark, red },
  primaryColor: 'rail',
  primaryShade: { light: 6, dark: 5 },
  fontFamily: "'Inter Variable', ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, monospace",
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.45', lg: '1.45', xl: '1.3' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 28 } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Select: {
      defaultProps: { size: 'sm', allowDeselect: false, comboboxProps: { transitionProps: { duration: 0 } } },
    },
    // The page itself never scrolls (the shell's parts do), so there is nothing to lock.
    Modal: {
      defaultProps: {
        lockScroll: false,
        centered: false,
        yOffset: '10dvh',
        transitionProps: { transition: 'fade', duration: 100 },
        overlayProps: { backgroundOpacity: 0.4 },
        closeButtonProps: { 'aria-label': 'Close' },
        // Its heading is no banner of the page.
        attributes: { header: { role: 'presentation' } },
      },
    },
    Drawer: {
      defaultProps: {
        attributes: { header: { role: 'presentation' } },
        lockScroll: false,
        transitionProps: { duration: 120 },
        overlayProps: { backgroundOpacity: 0.3 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withinPortal: true } },
    Tooltip: {
      defaultProps: { transitionProps: { duration: 80 }, openDelay: 350, withArrow: false, fz: 12 },
    },
    Popover: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md' } },
  },
});

/** Mantine's own variables, laid over ours (styles/tokens.css), so that both read from one set. */
export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--k-bg)',
    '--mantine-color-text': 'var(--k-text)',
    '--mantine-color-dimmed': 'var(--k-text-2)',
    '--mantine-color-placeholder': 'var(--k-text-3)',
    '--mantine-color-default': 'var(--k-bg)',
    '--mantine-color-default-hover': 'var(--k-hover)',
    '--mantine-color-default-color': 'var(--k-text)',
    '--mantine-color-default-border': 'var(--k-border-strong)',
    '--mantine-color-error': 'var(--k-red)',
    '--mantine-color-anchor': 'var(--k-accent-text)',
  };
  return { variables: {}, light: shared, dark: { ...shared, '--mantine-color-default': 'var(--k-raised)' } };
};
