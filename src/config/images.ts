/** What kubewright.yaml may say of images and registries. */
import { z } from 'zod';
import { bucketSchemas } from './buckets.ts';

const text = z.string().min(1);

/** `images`, `registries` and `release`; the basic values are the whole schema's. */
export function imageSchemas(directory: z.ZodString, platform: z.ZodString) {
  const packages = z.strictObject({
    debian: z
      .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, 'the name of a Debian package'))
      .describe('Debian packages that the base is put together from, with what they depend on'),
    essential: z
      .boolean()
      .optional()
      .describe('Whether everything that Debian calls essential is in it too; default true'),
  });
  const image = z.strictObject({
    binary: text.optional().describe('Program that the image holds; default: the name of the image'),
    base: z
      .union([text, packages])
      .optional()
      .describe(
        'Image to build on: a reference, a file of docker save, a directory in OCI layout, Debian packages; default scratch',
      ),
    path: z
      .string()
      .regex(/^\//, 'an absolute path in the image')
      .optional()
      .describe('Where the program lies in the image; default /usr/local/bin/NAME'),
    files: z
      .array(
        z.strictObject({
          from: directory.describe('File or directory of the tree'),
          to: z.string().regex(/^\//, 'an absolute path in the image').describe('Its place in the image'),
          mode: z
            .string()
            .regex(/^0?[0-7]{3,4}$/, 'an octal mode in quotes: "0644"')
            .optional()
            .describe('Its mode; default 0755 for programs, 0644 for other files'),
        }),
      )
      .optional()
      .describe('More files, each a layer of its own'),
    entrypoint: z.array(text).optional().describe('What a container starts; default: the program'),
    command: z.array(z.string()).optional().describe('Arguments when none are given'),
    environment: z
      .record(z.string().regex(/^[A-Za-z_]\w*$/, 'a variable’s name'), z.string())
      .optional()
      .describe('Variables of a container'),
    user: text.optional().describe('User, or user:group, that a container runs as'),
    workingDirectory: z
      .string()
      .regex(/^\//, 'an absolute path in the image')
      .optional()
      .describe('Working directory of a container'),
    labels: z.record(text, z.string()).optional().describe('Labels of the image'),
    capabilities: z
      .string()
      .regex(/^cap_[a-z_,]+[=+]+[eip]+$/, 'capabilities as setcap takes them: cap_net_bind_service=+ep')
      .optional()
      .describe('File capabilities of the program: cap_net_bind_service=+ep'),
    platforms: z
      .array(platform)
      .min(1)
      .optional()
      .describe('Platforms; default: the linux ones of its groups'),
  });
  const host = z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]+$/, 'a host, with a port if need be: registry.example.com:5000');
  const registries = z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.:/_-]*$/, 'a registry and a path: registry.example.com/orchard')
      .optional()
      .describe('What the names of configured images begin with: registry.example.com/orchard'),
    mirrors: z
      .record(host, z.array(z.string().regex(/^[A-Za-z0-9[][\w.:[\]/-]*$/, 'HOST or HOST/PREFIX')).min(1))
      .optional()
      .describe('Where bases come from: registry → mirrors, HOST or HOST/PREFIX, asked first and in order'),
    insecure: z
      .array(host)
      .optional()
      .describe('Hosts that are asked over plain http; this machine always is'),
  });
  const release = z.strictObject({
    compression: z
      .int()
      .min(1)
      .max(9)
      .optional()
      .describe('How hard archives are compressed, 1 (fast) to 9 (small); default 5, upstream’s gzip is 6'),
    container: z
      .boolean()
      .optional()
      .describe(
        'Whether a release is built in a container; default: as asked, and make’s goals as upstream’s',
      ),
    images: z.boolean().optional().describe('Whether a release makes images; default true'),
    base: text
      .optional()
      .describe(
        'Base of all images of a release, instead of the tree’s: a reference, a path of the tree, scratch',
      ),
  });
  return {
    ...bucketSchemas(),
    images: z
      .record(
        z.string().regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, 'small letters, digits, dots and dashes'),
        image,
      )
      .optional()
      .describe('Images by name; replaces an image of that name in the tree'),
    mirrors: z
      .array(
        z.strictObject({
          from: z
            .string()
            .regex(/^(https?:\/\/[^\s,]+|[A-Za-z0-9.:[\]-]+)$/, 'a registry’s host, or an http address')
            .describe('A registry’s host, or the beginning of an address: https://proxy.example'),
          to: z
            .string()
            .regex(/^[A-Za-z0-9[][^\s,]*$/, 'HOST or HOST/PREFIX for a registry, an address for an address')
            .describe('What is asked in its place: HOST/PREFIX, or an address'),
        }),
      )
      .optional()
      .describe('Rules for registries, Go module proxies and Debian mirrors: what is asked in whose place'),
    registries: registries.optional().describe('Where images come from'),
    release: release.optional().describe('What releases are made of'),
  };
}
