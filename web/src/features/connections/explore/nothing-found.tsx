import { Button } from '@mantine/core';
import { IconSearchOff } from '@tabler/icons-react';
import { useMay } from '../../../lib/use-role.ts';
import { Empty } from '../../../ui/empty.tsx';
import { MakeCustom } from './make-custom.tsx';

interface Props {
  search: string;
  category: string | null;
  onClear: () => void;
  /** The same search, in all categories. */
  onEverywhere: () => void;
}

export function NothingFound({ search, category, onClear, onEverywhere }: Props) {
  const mayChange = useMay('admin');
  const where = category === null ? '' : ` in ${category}`;
  return (
    <Empty
      icon={<IconSearchOff size={20} />}
      title={
        search === ''
          ? `There is no category ${category ?? ''}`
          : `No integration${where} is called “${search.length > 60 ? `${search.slice(0, 60)}…` : search}”`
      }
      actions={
        <>
          {mayChange && <MakeCustom name={search} />}
          {category !== null && search !== '' ? (
            <Button variant="subtle" onClick={onEverywhere}>
              Search all categories
            </Button>
          ) : (
            <Button variant="subtle" onClick={onClear}>
              Show all integrations
            </Button>
          )}
        </>
      }
    >
      Try another spelling, or the name of the product it is part of.
      {mayChange && ' Any tool with an API can be connected by describing it.'}
    </Empty>
  );
}
