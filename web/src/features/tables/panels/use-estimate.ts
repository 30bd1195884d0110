import type { CreateRun } from '@keyrail/sdk/shapes';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../../../lib/api.ts';
import { allSaved } from '../../../lib/unsaved.ts';

/** What a run would do, reckoned by the server as soon as nothing was changed for a moment and all that was typed is saved. */
export function useEstimate(tableId: string, columnId: string, wanted: CreateRun) {
  const [asked] = useDebouncedValue(JSON.stringify(wanted), 200);
  const estimate = useQuery({
    queryKey: ['estimate', tableId, columnId, asked],
    queryFn: async () => {
      await allSaved();
      return api.runs.estimate(tableId, columnId, JSON.parse(asked) as CreateRun);
    },
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

  // What is shown may still be reckoned for what was chosen before: no run begins under a number that is not its own.
  const isReckoning = !estimate.isError && (estimate.isPlaceholderData || asked !== JSON.stringify(wanted));
  return { estimate, isReckoning };
}
