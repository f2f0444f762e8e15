/** Uploads that are not finished, kept beside the state of the checkout, so that a killed run goes on. */
import type { UploadMemory } from '../registry/push.ts';
import type { Session } from './session.ts';

/** `place`: the registry or bucket that the keys belong to. */
export function uploadMemory(
  { context, own }: Pick<Session, 'context' | 'own'>,
  place: string,
): UploadMemory {
  const { files } = context.host;
  const path = `${own}/uploads.json`;
  let known: Record<string, string> = {};
  try {
    known = JSON.parse(files.readTextIfAny(path) ?? '{}') as Record<string, string>;
  } catch {
    // A torn file is an empty one: uploads begin anew.
  }
  return {
    get: (key) => known[`${place}/${key}`],
    set: (key, location) => {
      const { [`${place}/${key}`]: _, ...others } = known;
      known = location === undefined ? others : { ...others, [`${place}/${key}`]: location };
      files.publish(path, JSON.stringify(known), { mode: 0o600, fsync: false });
    },
  };
}
