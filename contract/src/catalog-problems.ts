import { z } from 'zod';

/** What is wrong with one file of the catalog, which is left out until it is corrected. Lines and columns count from 1. */
export const catalogProblem = z.object({
  file: z.string().describe('Its name in its folder.'),
  line: z.int(),
  column: z.int(),
  message: z.string().describe('What is wrong, and what to do.'),
  origin: z.enum(['built_in', 'user']).describe('user: of the folder that KEYRAIL_CATALOG_DIR names.'),
});
export type CatalogProblem = z.infer<typeof catalogProblem>;

/** `GET /v1/catalog-problems` */
export const catalogProblems = z.object({ data: z.array(catalogProblem) });
