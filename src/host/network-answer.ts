/** Reading HTTP answers: what they allow, what they say when they refuse. */
import type { Dispatcher } from 'undici';

/** The basic authentication that an address carries. */
export function basicAuthorization(url: URL): string | undefined {
  if (!url.username && !url.password) return undefined;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** An address without its user and password. */
export function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy;
}

/** What proves at a resume that the file is still the same one; a weak entity tag does not. */
export function validatorOf(answer: Dispatcher.ResponseData): string | undefined {
  const { etag, 'last-modified': modified } = answer.headers;
  if (typeof etag === 'string' && !etag.startsWith('W/')) return etag;
  return typeof modified === 'string' ? modified : undefined;
}

/** Whether a partial answer begins at the byte that was asked for. */
export function resumesAt(answer: Dispatcher.ResponseData, from: number): boolean {
  const range = /^bytes (\d+)-/.exec(String(answer.headers['content-range']));
  return range !== null && Number(range[1]) === from;
}

/** Gives up the rest of an answer, and its connection. */
export function drop(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => {}).destroy();
}

/** Up to 64 KiB of an answer that is not the wanted one, so that the connection can be used again. */
export async function firstBytes(answer: Dispatcher.ResponseData): Promise<string> {
  try {
    let text = '';
    for await (const chunk of answer.body) {
      text += chunk.toString('utf8');
      if (text.length > 65_536) break;
    }
    return text;
  } catch {
    return '';
  }
}

/** A few words of an error answer, for the message. */
export function looksLikeText(body: string): string {
  const line = body.trim().split('\n')[0]?.trim() ?? '';
  if (/^<(!doctype|html)/i.test(line)) return ' with a web page (a login or a firewall page?)';
  return line && /^[\x20-\x7e]+$/.test(line) ? `: ${line.slice(0, 200)}` : '';
}

/** Milliseconds of a Retry-After header, up to a minute. */
export function retryAfter(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, 60_000) : undefined;
}
