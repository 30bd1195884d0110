import { fileURLToPath } from 'node:url';

/** Where the catalog that comes with the product stands. */
export const catalogFolder = fileURLToPath(new URL('../../../catalog', import.meta.url));
