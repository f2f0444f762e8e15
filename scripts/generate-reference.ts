/** Writes docs/reference/commands.md: npm run reference. */
import { writeFileSync } from 'node:fs';
import { commandReference } from './reference.ts';

writeFileSync(new URL('../docs/reference/commands.md', import.meta.url), await commandReference());
