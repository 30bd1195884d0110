// npm run db:types: writes the types of the tables anew from the migrations.
import { runNode24 } from './setup.mjs';

await runNode24('server/test/write-schema.ts', process.argv.slice(2));
