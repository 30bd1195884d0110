import { TextInput, type TextInputProps } from '@mantine/core';
import type { Draft } from './draft.ts';

/** What every part of the form is handed. */
export interface PartProps {
  draft: Draft;
  onChange: (more: Partial<Draft>) => void;
  /** What is wrong at a place of the description, in words. */
  problem: (path: string) => string | undefined;
}

interface LineProps extends Omit<TextInputProps, 'onChange' | 'value'> {
  value: string;
  onText: (text: string) => void;
}

/** A line of technical text: nothing corrects or completes it. */
export function Line({ onText, ...props }: LineProps) {
  return (
    <TextInput
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      {...props}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}
