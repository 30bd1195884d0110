import type { RunScope } from '@keyrail/contract/runs';
import { NumberInput, Radio, Stack } from '@mantine/core';
import { count } from '../../../lib/format.ts';

interface Props {
  scope: RunScope;
  onScope: (scope: RunScope) => void;
  first: number;
  onFirst: (first: number) => void;
  /** How many rows are chosen in the grid. */
  chosen: number;
}

/** Which rows a run is for. */
export function ChooseRows({ scope, onScope, first, onFirst, chosen }: Props) {
  return (
    <Radio.Group label="Which rows" value={scope} onChange={(value) => onScope(value as RunScope)}>
      <Stack gap={10} mt={8}>
        <Radio size="xs" value="first" label="The first rows, where they are not done" />
        {scope === 'first' && (
          <NumberInput
            aria-label="How many rows"
            value={first}
            onChange={(value) => onFirst(Math.max(1, Number(value) || 1))}
            min={1}
            max={1_000_000}
            thousandSeparator=","
            w={120}
            ml={28}
            size="xs"
          />
        )}
        {chosen > 0 && <Radio size="xs" value="selected" label={`The ${count(chosen, 'chosen row')}`} />}
        <Radio size="xs" value="all" label="All rows that are not done" />
        <Radio size="xs" value="only_empty" label="Only rows never run" />
        <Radio size="xs" value="only_errors" label="Only errors" />
        <Radio size="xs" value="forced" label="Every row again, done or not" />
      </Stack>
    </Radio.Group>
  );
}
