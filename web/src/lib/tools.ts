import type { IntegrationSummary } from '@keyrail/contract/integrations';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from './api.ts';

/** As many slugs as one request asks for, and one answer holds. */
const IN_ONE = 80;

type Summary = IntegrationSummary | null;
let wanted = new Map<string, (tool: Promise<Summary>) => void>();

/** Name and mark of one tool; null: it is not in the catalog. What a page wants at one moment goes in one request. */
export const toolQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integrations', 'one', slug],
    queryFn: () =>
      new Promise<Summary>((tell) => {
        if (wanted.size === 0) setTimeout(askForWanted);
        wanted.set(slug, tell);
      }),
    staleTime: 60_000,
  });

function askForWanted(): void {
  const asked = [...wanted];
  wanted = new Map();
  for (let at = 0; at < asked.length; at += IN_ONE) ask(asked.slice(at, at + IN_ONE));
}

function ask(asked: [string, (tool: Promise<Summary>) => void][]): void {
  const slugs = asked.map(([slug]) => slug).join(',');
  const answer = api.integrations.list({ slugs, limit: IN_ONE });
  for (const [slug, tell] of asked)
    tell(answer.then(({ data }) => data.find((tool) => tool.slug === slug) ?? null));
}

/** The tool of this slug; undefined while it is looked for, and where it is not in the catalog. */
export function useTool(slug: string): IntegrationSummary | undefined {
  return useQuery(toolQuery(slug)).data ?? undefined;
}
