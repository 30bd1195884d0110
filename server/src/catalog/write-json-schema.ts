import { writeFile } from 'node:fs/promises';
import { catalogJsonSchema } from './json-schema.ts';

// Run after a change of the definition: node server/src/catalog/write-json-schema.ts, then biome check --write catalog/schema.json
await writeFile(new URL('../../../catalog/schema.json', import.meta.url), catalogJsonSchema());
