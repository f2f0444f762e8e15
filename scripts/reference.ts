/** The reference of all commands as Markdown, from what the commands themselves declare. */
import { Command, type Option } from 'commander';
import { COMMANDS } from '../src/cli/commands.ts';
import { runCommandLine } from '../src/cli/main.ts';
import { type Host, realHost } from '../src/host/host.ts';

/** docs/reference/commands.md, whole. */
export async function commandReference(): Promise<string> {
  const sections: string[] = [];
  for (const entry of COMMANDS) {
    const command = new Command(entry.name).description(entry.summary);
    (await entry.load()).configure(command, async () => {});
    sections.push(describe(command, `kubewright ${entry.name}`));
  }
  return `# Commands

Written by \`npm run reference\` from the commands themselves. \`kubewright COMMAND --help\` prints the same.

Results go to standard output, all else to standard error. Exit codes: 0 done, 1 the build failed, 2 a wrong request or
configuration, 70 a bug of ours, 130 interrupted.

## Options of every command

\`\`\`text
${await globalOptions()}
\`\`\`

${sections.join('\n')}`;
}

function describe(command: Command, path: string): string {
  const options = command.options.filter((option) => !option.hidden);
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '…' : ''}`;
    return argument.required ? name : `[${name}]`;
  });
  const lines = [
    `${path.split(' ').length > 2 ? '###' : '##'} ${path}`,
    '',
    `${sentence(command.description())}`,
    '',
  ];
  if (command.commands.length === 0) {
    const usage = [path, ...(options.length > 0 ? ['[options]'] : []), ...words].join(' ');
    lines.push('```text', usage, '```', '');
  }
  if (options.length > 0) lines.push('| option | meaning |', '| --- | --- |', ...options.map(row), '');
  return [...lines, ...command.commands.map((child) => describe(child, `${path} ${child.name()}`))].join(
    '\n',
  );
}

function row(option: Option): string {
  return `| \`${option.flags}\` | ${option.description.replaceAll('|', '\\|')} |`;
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** The options of the program's own help. */
async function globalOptions(): Promise<string> {
  const parts: string[] = [];
  const stream = { write: (part: string) => parts.push(part) > 0, isTTY: false, columns: 80 };
  const host = { ...realHost(), stdout: stream, stderr: stream } as unknown as Host;
  await runCommandLine(['--help'], host, new AbortController().signal);
  const [, options] = /^Options of every command:\n([\s\S]*?)\n\n/m.exec(parts.join('')) ?? [];
  if (options === undefined) throw new Error('the help of the program no longer groups its options');
  return options;
}
