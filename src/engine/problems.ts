/** What an engine, or the way to it, answers: as letters that say what to do. */
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';
import type { EngineConnection } from '../host/engine-connection.ts';

/** An engine answered a request with an error. */
export class EngineRefusal extends Failure {
  readonly status: number;
  /** The engine's own words. */
  readonly words: string;

  constructor(status: number, words: string, diagnostic: Diagnostic) {
    super(diagnostic);
    this.status = status;
    this.words = words;
  }
}

/** The letter about an answer that is an error. `what` completes `could not …`. */
export function refusal(address: string, what: string, status: number, words: string): EngineRefusal {
  return new EngineRefusal(status, words, explainRefusal(address, what, status, words));
}

function explainRefusal(address: string, what: string, status: number, words: string): Diagnostic {
  const whole = `the engine at ${address} could not ${what}: ${words.trim() || `it answered ${status}`}`;
  if (/no space left on device|disk quota exceeded/i.test(words)) {
    return error('engine/disk-full', {
      what: whole,
      why: 'the disk of the engine is full; what it was given is not whole and is not used',
      help: 'free space there: docker system df shows what takes it; kubewright container clean removes what is ours; then run the same command again',
    });
  }
  if (/port is already allocated|address already in use|failed to bind|port is already in use/i.test(words)) {
    return error('engine/port-in-use', {
      what: whole,
      why: 'another program listens at the port that was asked for',
      help: 'take another one with KUBE_RSYNC_PORT, or leave it out: the engine then chooses a free one',
    });
  }
  if (/client is newer than server|client version .* is too (old|new)/i.test(words)) {
    return error('engine/too-old', {
      what: whole,
      why: 'this engine and kubewright have no version of the API in common',
      help: 'update the engine: Docker 19.03 or newer, podman 3 or newer',
    });
  }
  if (/HTTP request to an HTTPS server/i.test(words)) {
    return error('engine/tls', {
      what: `the engine at ${address} wants TLS`,
      why: 'it was spoken to in plain HTTP',
      help: 'name its certificates: DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH=DIR with ca.pem, cert.pem and key.pem',
    });
  }
  return error('engine/failed', {
    what: whole,
    why: `it answered with status ${status}`,
    help: 'the engine’s own log says more (journalctl -u docker); then run the same command again',
  });
}

const UNREACHABLE = [
  ...['ENOENT', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['ENOTSOCK', 'ENOTDIR', 'EPROTOTYPE'],
];

/** Turns an error of the connection into a Failure that names the address; other exceptions pass. */
export function explainConnection(problem: unknown, connection: EngineConnection): unknown {
  if (!(problem instanceof Error) || problem instanceof Failure || problem.name === 'AbortError')
    return problem;
  const code = (problem as NodeJS.ErrnoException).code ?? '';
  const { address } = connection;
  const said = connection.words();
  if (code === 'EACCES' || code === 'EPERM') return new Failure(noPermission(address));
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_OSSL)/.test(code) || code === 'EPROTO')
    return new Failure(wrongTls(address, problem.message));
  if (UNREACHABLE.includes(code) || said !== '') return new Failure(unreachable(address, said || code));
  if (['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'HPE_INVALID_CONSTANT'].includes(code) || code === '')
    return new Failure(brokenOff(address, problem.message));
  return problem;
}

function unreachable(address: string, cause: string): Diagnostic {
  const start = address.startsWith('unix:')
    ? 'start the engine (systemctl start docker), or name another one'
    : 'see that the machine is up and its engine listens there, or name another one';
  return error('engine/unreachable', {
    what: `no container engine answers at ${address}: ${cause}`,
    why: 'the container commands work on a running Docker Engine, or on podman’s Docker API',
    help: `${start} with DOCKER_HOST or --engine; builds without an engine: kubewright build`,
  });
}

function noPermission(address: string): Diagnostic {
  return error('engine/permission', {
    what: `you may not speak to the engine at ${address}`,
    why: 'its socket belongs to root and to a group; whoever may use it is root on that machine',
    help: 'have yourself added to that group (usermod -aG docker NAME, then log in again), use a rootless engine, or build without one: kubewright build',
  });
}

function wrongTls(address: string, cause: string): Diagnostic {
  return error('engine/tls', {
    what: `the engine at ${address} and we do not agree on TLS: ${cause.replace(/^[^:]*:error:/, '')}`,
    why: 'each side proves itself with a certificate that the other’s authority signed',
    help: 'name the directory with the right ca.pem, cert.pem and key.pem: DOCKER_CERT_PATH=DIR; the name or number in DOCKER_HOST must stand in the engine’s certificate',
  });
}

function brokenOff(address: string, cause: string): Diagnostic {
  return error('engine/broken-off', {
    what: `the engine at ${address} broke the connection off: ${cause}`,
    why: 'it was stopped, or the network between was',
    help: 'see that it runs (docker info), then run the same command again',
  });
}
