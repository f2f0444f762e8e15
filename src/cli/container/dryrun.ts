/** `--dry-run`: everything that a run in a container would be given; no engine is asked. */
import { findEngine } from '../../engine/endpoint.ts';
import { engineAddress } from '../../host/engine-connection.ts';
import { isSecretName } from '../../report/redact.ts';
import type { Session } from '../session.ts';
import { planContainer } from './plan.ts';
import { type Checkout, chooseTransport } from './prepare.ts';
import type { ContainerRequest } from './request.ts';

export function printContainerPlan(session: Session, request: ContainerRequest, checkout: Checkout): number {
  const { host, print, options } = session.context;
  const found = findEngine(host, request.engine);
  const { build, names } = checkout;
  const transport = found.ok
    ? chooseTransport(host, build, request, found.value, {})
    : (request.transport ?? 'stream');
  const plan = planContainer({ ...checkout.inputs, transport, isRootless: false });
  const { crossImage = 'kube-cross', crossVersion } = build;
  const images = request.image
    ? [request.image]
    : [names.image, ...(crossVersion ? [`${crossImage}:${crossVersion}`] : [])];
  const facts = {
    engine: found.ok
      ? `${engineAddress(found.value.endpoint)} (${found.value.from})`
      : 'none that can be read',
    images,
    container: names.build,
    ...(transport === 'rsync' ? { rsyncContainer: names.rsync } : {}),
    transport,
    command: request.command,
    user: plan.user ?? 'root',
    hostname: plan.hostname,
    workingDirectory: build.remoteRoot,
    mounts: plan.mounts.map(({ Type, Source, Target }) =>
      `${Type} ${Source ?? ''} ${Target}`.replace('  ', ' '),
    ),
    environment: plan.environment.map(safe),
    filters: transport === 'bind' ? [] : build.send.map(({ action, pattern }) => `${action} ${pattern}`),
    results: request.copyOutput ? plan.localBin : 'not copied',
  };
  if (options.json) print(JSON.stringify(facts));
  else
    for (const [name, value] of Object.entries(facts)) {
      const lines =
        Array.isArray(value) && name !== 'command' ? (value as string[]) : [[value].flat().join(' ')];
      for (const [i, line] of lines.entries()) print(`${i === 0 ? name.padEnd(17) : ' '.repeat(17)} ${line}`);
    }
  return 0;
}

/** Secrets and passwords in addresses are nobody's business. */
function safe(pair: string): string {
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  return isSecretName(name) ? `${name}=***` : pair.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1***@');
}
