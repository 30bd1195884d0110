import { CloseButton, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import type { KeyboardEvent, RefObject } from 'react';
import styles from '../connections.module.css';

interface Props {
  field: RefObject<HTMLInputElement | null>;
  search: string;
  onSearch: (search: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

export function SearchField({ field, search, onSearch, onKeyDown }: Props) {
  // A keyboard that slides over half the screen is no help on arrival.
  const hasKeyboard = useMediaQuery('(pointer: fine)', true, { getInitialValueInEffect: false });
  return (
    <TextInput
      ref={field}
      className={styles.search}
      size="md"
      type="search"
      placeholder="Search by name, or by what it does"
      aria-label="Search integrations"
      leftSection={<IconSearch size={16} />}
      rightSection={
        search !== '' && (
          <CloseButton
            onClick={() => {
              onSearch('');
              field.current?.focus();
            }}
            aria-label="Clear the search"
          />
        )
      }
      value={search}
      onChange={(event) => onSearch(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      maxLength={200}
      autoFocus={hasKeyboard}
      autoComplete="off"
    />
  );
}
