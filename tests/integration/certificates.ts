/** An authority, and certificates of an engine and its client, by openssl. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../trees.ts';

export class Certificates {
  /** Directories, each as DOCKER_CERT_PATH wants it. */
  readonly ca: string;
  readonly server: string;
  readonly client: string;

  /** `names`: `DNS:localhost`, `IP:127.0.0.1`. */
  constructor(names: readonly string[]) {
    const place = scratch('certificates');
    [this.ca, this.server, this.client] = [join(place, 'ca'), join(place, 'server'), join(place, 'client')];
    for (const directory of [this.ca, this.server, this.client]) mkdirSync(directory);
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-subj',
        '/CN=authority of this test',
        '-keyout',
        `${this.ca}/key.pem`,
        '-out',
        `${this.ca}/ca.pem`,
      ],
    );
    this.#sign(this.server, `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth`);
    this.#sign(this.client, 'extendedKeyUsage=clientAuth');
  }

  /** As `docker context create --docker` takes them. */
  get contextWords(): string {
    return `ca=${this.client}/ca.pem,cert=${this.client}/cert.pem,key=${this.client}/key.pem`;
  }

  #sign(directory: string, extensions: string): void {
    const at = (name: string) => `${directory}/${name}`;
    openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=here'],
      ...['-keyout', at('key.pem'), '-out', at('request.pem')],
    );
    writeFileSync(at('extensions'), extensions);
    openssl(
      ...[
        'x509',
        '-req',
        '-in',
        at('request.pem'),
        '-CA',
        `${this.ca}/ca.pem`,
        '-CAkey',
        `${this.ca}/key.pem`,
      ],
      ...['-CAcreateserial', '-days', '2', '-extfile', at('extensions'), '-out', at('cert.pem')],
    );
    copyFileSync(`${this.ca}/ca.pem`, at('ca.pem'));
  }
}

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', [...words], { stdio: 'ignore' });
}
