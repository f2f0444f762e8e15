/** Writes docs/reference/commands.md from the commands' own help: `npm run reference`; `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../src/cli/commands.ts';
import { runCommandLine } from '../src/cli/main.ts';
import { realHost } from '../src/host/host.ts';

const FILE = fileURLToPath(new URL('../docs/reference/commands.md', import.meta.url));

/** The whole page. */
export async function commandReference(): Promise<string> {
  const sections = [
    `# Commands\n\nGenerated from the program's own help by \`npm run reference\`.`,
    section('kubewright', await helpOf([])),
  ];
  for (const { name } of COMMANDS) sections.push(section(`kubewright ${name}`, await helpOf([name])));
  return `${sections.join('\n\n')}\n`;
}

function section(title: string, help: string): string {
  return `## ${title}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\``;
}

async function helpOf(command: readonly string[]): Promise<string> {
  let text = '';
  const stream = {
    write: (chunk: string | Uint8Array) => {
      text += String(chunk);
      return true;
    },
    isTTY: false,
    columns: 100,
  };
  const host = { ...realHost(), stdout: stream, stderr: stream } as ReturnType<typeof realHost>;
  await runCommandLine([...command, '--help'], host, new AbortController().signal);
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await commandReference();
  if (!process.argv.includes('--check')) writeFileSync(FILE, page);
  else if (readFileSync(FILE, 'utf8') !== page) process.exitCode = 1;
}
