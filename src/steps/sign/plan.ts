/** Declares the Steps that sign files: one for each. The key itself is no part of a Step; which key it is, is. */
import type { Step } from '../../plan/step.ts';

export interface SignedFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** Who signs: a key by its public half, or a person or workflow by way of Fulcio. */
export type Signatory =
  | { readonly kind: 'key'; readonly publicKey: string }
  | { readonly kind: 'keyless'; readonly fulcio: string; readonly rekor: string };

/** `detached`: the bare signature in base64 too, as NAME.sig, for verifiers that know no bundles. */
export function planSignatures(
  files: readonly SignedFile[],
  signatory: Signatory,
  detached: boolean,
): Step[] {
  return files.map(({ name, path }) => ({
    id: `sign:${name}`,
    kind: 'pack',
    title: `signature of ${name}`,
    needs: [],
    inputs: [{ kind: 'file', path }],
    outputs: [`${path}.sigstore.json`, ...(detached ? [`${path}.sig`] : [])],
    action: { kind: 'pack', packer: 'sign', parameters: { name, signatory, detached } },
    keyParts: {},
  }));
}
