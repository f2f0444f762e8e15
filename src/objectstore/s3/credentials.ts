/** Who we are for S3, and where it is: environment, then the profile of ~/.aws, as the AWS command line has them. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Where they come from, for messages. Never the value. */
  readonly from: string;
}

/** Values of one profile, and the files that hold them. */
export interface Profile {
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
  /** The file that named the credentials last. */
  readonly from: string;
}

export const S3_LOOKED =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials (AWS_PROFILE names it)';

const PROCESS_MILLISECONDS = 30_000;

/** The profile that AWS_PROFILE names, else `default`: ~/.aws/credentials over ~/.aws/config. */
export function readProfile({ environment, homeDirectory = '', files }: Host): Profile {
  const {
    AWS_PROFILE,
    AWS_DEFAULT_PROFILE,
    AWS_SHARED_CREDENTIALS_FILE = `${homeDirectory}/.aws/credentials`,
    AWS_CONFIG_FILE = `${homeDirectory}/.aws/config`,
  } = environment;
  const asked = AWS_PROFILE || AWS_DEFAULT_PROFILE;
  const name = asked || 'default';
  const inConfig = name === 'default' ? ['default', 'profile default'] : [`profile ${name}`];
  const config = sectionOf(files.readTextIfAny(AWS_CONFIG_FILE), inConfig);
  const shared = sectionOf(files.readTextIfAny(AWS_SHARED_CREDENTIALS_FILE), [name]);
  if (asked && !config && !shared) throw new Failure(profileUnknown(asked, AWS_SHARED_CREDENTIALS_FILE));
  const from = shared?.['aws_access_key_id'] ? AWS_SHARED_CREDENTIALS_FILE : AWS_CONFIG_FILE;
  return { name, values: { ...config, ...shared }, from: `${from} (profile ${name})` };
}

/** Credentials for a bucket; undefined when there are none, and it is asked as anybody. */
export async function findS3Credentials(host: Host, profile: Profile): Promise<S3Credentials | undefined> {
  const {
    AWS_ACCESS_KEY_ID: key,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_SESSION_TOKEN: token,
  } = host.environment;
  if (key && secret)
    return credentials({ key, secret, token }, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  const { values, from } = profile;
  const { aws_access_key_id: own, aws_secret_access_key: hidden, aws_session_token: session } = values;
  if (own && hidden) return credentials({ key: own, secret: hidden, token: session }, from);
  const command = values['credential_process'];
  return command ? askProcess(host, command, `credential_process of ${from}`) : undefined;
}

function credentials(
  { key, secret, token }: { key: string; secret: string; token: string | undefined },
  from: string,
): S3Credentials {
  return { accessKeyId: key, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}), from };
}

/** Settings of one section; the last of several wins. Indented lines belong to the one above and are none of ours. */
function sectionOf(text: string | undefined, names: readonly string[]): Record<string, string> | undefined {
  let values: Record<string, string> | undefined;
  let isOurs = false;
  for (const line of (text ?? '').split('\n')) {
    const section = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) {
      isOurs = names.includes(section.replace(/\s+/g, ' ').replaceAll('"', ''));
      if (isOurs) values ??= {};
      continue;
    }
    const [, name, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isOurs && values && name && value !== undefined) values[name.toLowerCase()] = value;
  }
  return values;
}

/** An external program that prints credentials as JSON. Its words are no shell's: quotes hold blanks together, no more. */
async function askProcess(host: Host, command: string, from: string): Promise<S3Credentials> {
  const argv = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
  const environment = Object.fromEntries(
    Object.entries(host.environment).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const { exitCode, stdout, timedOut } = await host.processes.run({
    ...{ argv, environment, workingDirectory: '/', timeoutMilliseconds: PROCESS_MILLISECONDS },
  });
  const problem = timedOut
    ? `it did not answer within ${PROCESS_MILLISECONDS / 1000} s`
    : exitCode !== 0
      ? `it ended with exit code ${exitCode}`
      : 'its answer is no JSON with AccessKeyId and SecretAccessKey';
  try {
    if (exitCode !== 0) throw new Error(problem);
    const told = JSON.parse(stdout) as Record<string, string | undefined>;
    const { AccessKeyId: key, SecretAccessKey: secret, SessionToken: token } = told;
    if (key && secret) return credentials({ key, secret, token }, from);
  } catch {
    // Told below; what it printed may hold secrets.
  }
  throw new Failure(
    error('bucket/credentials', {
      what: `${from} did not tell who we are`,
      why: problem,
      help: 'run it by hand; it has to print a JSON object with Version, AccessKeyId and SecretAccessKey',
    }),
  );
}

function profileUnknown(name: string, file: string) {
  return error('bucket/credentials', {
    what: `there is no profile ${name}`,
    where: [{ file }],
    why: 'AWS_PROFILE names it, and neither ~/.aws/credentials nor ~/.aws/config has it',
    help: 'write it (aws configure --profile NAME), or name another one',
  });
}
