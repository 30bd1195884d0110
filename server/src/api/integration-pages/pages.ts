import { loadCatalog } from '../../catalog/load.ts';
import { presentIntegration } from '../present-integration.ts';
import { integrationPage, integrationsIndex } from './page.ts';

export interface IntegrationPages {
  /** The text of each document by its file name. */
  pages: Map<string, string>;
  /** What is wrong with files that have none: "file:line: what". */
  problems: string[];
}

/** All documents, made from the files of one folder. */
export async function integrationPages(folder: string): Promise<IntegrationPages> {
  const catalog = await loadCatalog({ builtIn: folder });
  const tools = catalog
    .list()
    .flatMap(({ slug }) => catalog.get(slug) ?? [])
    .map((definition) =>
      presentIntegration(definition, 0, {
        setUpBy: null,
        redirectUri: `https://keyrail.example.com/oauth/callback/${definition.slug}`,
      }),
    );
  const pages = new Map([
    ['README.md', integrationsIndex(tools)],
    ...tools.map((tool) => [`${tool.slug}.md`, integrationPage(tool, `${tool.slug}.yaml`)] as const),
  ]);
  const problems = catalog.problems.map(({ file, line, message }) => `${file}:${line}: ${message}`);
  return { pages, problems };
}
