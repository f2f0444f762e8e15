/** Writes docs/reference/kubewright.schema.json from the schema in the code. */
import { writeFileSync } from 'node:fs';
import { jsonSchema } from '../src/config/schema.ts';

const file = new URL('../docs/reference/kubewright.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
