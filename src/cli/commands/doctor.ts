/** `kubewright doctor`: what this machine lacks for this tree, each with its remedy. Nothing is fetched or changed. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import type { Start } from '../commands.ts';
import type { Check, CheckStatus } from '../doctor/check.ts';
import { ok } from '../doctor/check.ts';
import { checkCompilers } from '../doctor/compilers.ts';
import { checkGo } from '../doctor/go.ts';
import { checkDisk, checkEngine, checkMemory, checkPrograms } from '../doctor/machine.ts';
import { checkVariables, variablesInForce } from '../doctor/variables.ts';
import { openRequestedTree } from '../opentree.ts';
import type { CommandContext } from '../request.ts';

interface DoctorOptions {
  readonly network?: boolean;
  readonly engine?: boolean;
}

export function configure(command: Command, start: Start): void {
  command
    .option('--network', 'also ask the module proxies whether they answer')
    .option('--engine', 'also ask the container engine whether it answers')
    .action((options: DoctorOptions) => start((context) => examine(context, options)));
}

async function examine(context: CommandContext, asked: DoctorOptions): Promise<number> {
  const { host, options, signal } = context;
  const { tree, config } = await openRequestedTree(context);
  const go = await checkGo(host, tree, config, { signal, offline: options.offline });
  const checks: Check[] = [
    ok('tree', `${tree.label}, at ${tree.root}`),
    ...go.checks,
    ...checkCompilers(host, tree, go.goVersion),
    ...checkDisk(host, tree, options.out ?? config.out ?? '_output'),
    checkMemory(host),
    ...checkPrograms(host, tree),
    await checkEngine(host, asked.engine === true, signal),
    ...(await checkVariables(host, go.goVersion)),
    ...(asked.network ? await reach(context, config) : []),
  ];
  const variables = variablesInForce(host);
  const missing = checks.filter(({ status }) => status === 'missing').length;
  if (options.json) {
    context.print(JSON.stringify({ ok: missing === 0, tree: tree.root, checks, environment: variables }));
  } else {
    const color = host.stdout.isTTY === true && !host.environment['NO_COLOR'];
    context.print(printChecks(checks, color));
    context.print(printVariables(variables));
    context.print(conclusion(missing));
  }
  return missing === 0 ? 0 : 1;
}

/** The network client is loaded only when asked for. */
async function reach({ host, options, signal }: CommandContext, config: Config): Promise<Check[]> {
  const { checkReach } = await import('../doctor/reach.ts');
  return checkReach(host, config, { offline: options.offline, signal });
}

const COLORS = { ok: 'green', missing: 'red', warning: 'yellow', optional: 'dim' } as const satisfies Record<
  CheckStatus,
  string
>;

/** The table: status, name, what was found; the remedy on a line of its own. */
export function printChecks(checks: readonly Check[], color: boolean): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, found, remedy }) => {
    const word = status.padEnd(8);
    const shown = color ? styleText(COLORS[status], word, { validateStream: false }) : word;
    const indent = ' '.repeat(8 + 2 + width + 2);
    return [`${shown}  ${name.padEnd(width)}  ${found}`, ...(remedy ? [`${indent}→ ${remedy}`] : [])];
  });
  return lines.join('\n');
}

function printVariables(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => `  ${name}=${value}`);
  return lines.length === 0 ? '\nno variable is set that matters here' : `\nin force:\n${lines.join('\n')}`;
}

function conclusion(missing: number): string {
  if (missing === 0) return '\nnothing that is required is missing';
  return `\n${missing} required ${missing === 1 ? 'thing is' : 'things are'} missing`;
}
