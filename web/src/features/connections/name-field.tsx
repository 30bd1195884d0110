import { ApiError } from '@keyrail/sdk/api-error';
import { TextInput, type TextInputProps } from '@mantine/core';
import { useEffect, useRef } from 'react';

interface Props extends Omit<TextInputProps, 'value' | 'onChange' | 'error'> {
  value: string;
  onText: (name: string) => void;
  /** What the server answered last; looked at for what it says of the name. */
  refusal: unknown;
}

/** "Name your connection": where the name is what was refused, that stands at it, and the focus goes there. */
export function NameField({ value, onText, refusal, ...props }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const isRefused = nameProblem(refusal) !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each refusal anew, also the same one twice
  useEffect(() => {
    if (isRefused) input.current?.select();
  }, [isRefused, refusal]);
  return (
    <TextInput
      label="Name your connection"
      maxLength={100}
      autoComplete="off"
      {...props}
      ref={input}
      value={value}
      onChange={(event) => onText(event.currentTarget.value)}
      error={nameProblem(refusal)}
    />
  );
}

/** What a refusal says of the name alone. */
export function nameProblem(refusal: unknown): string | undefined {
  if (!(refusal instanceof ApiError)) return undefined;
  return refusal.reason === 'name_taken' ? (refusal.detail ?? refusal.title) : refusal.field('name');
}
