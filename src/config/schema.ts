/** What kubewright.yaml may hold. The descriptions are the reference: they go into the exported JSON Schema. */
import { z } from 'zod';
import { imageSchemas } from './images.ts';
import { packageName, packageSchema } from './packages.ts';

const platform = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9]+$/, 'a platform is OS/ARCH: linux/arm64')
  .describe('Operating system and architecture in Go’s words: linux/arm64');

const directory = z
  .string()
  .min(1)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, 'a path inside the tree, relative to its root');

const target = z.union([
  directory.describe('Directory of a main package: cmd/apples'),
  z.strictObject({
    package: directory.describe('Directory of a main package: cmd/apples'),
    binary: z
      .string()
      .regex(/^[^/\\]+$/, 'a file name, without directories')
      .optional()
      .describe('Name of the binary; default: the last element of package'),
    static: z.boolean().optional().describe('Linked without cgo; default: as the list `static` says'),
  }),
]);

const group = z.strictObject({
  targets: z.array(target).min(1).describe('What the group builds, in order'),
  platforms: z.array(platform).min(1).optional().describe('What `--platform all` means for the group'),
});

const version = z.strictObject({
  packages: z.array(z.string().min(1)).optional().describe('Import paths whose variables carry the version'),
  fields: z
    .array(
      z.enum([
        ...([
          'buildDate',
          'gitCommit',
          'gitTreeState',
          'gitVersion',
          'gitMajor',
          'gitMinor',
          'gitShortCommit',
        ] as const),
      ]),
    )
    .optional()
    .describe('Variables stamped in each package, in this order'),
  tags: z.string().min(1).optional().describe('Pattern of the git tags that name versions: v*'),
  value: z.string().min(1).optional().describe('A fixed version, instead of the one from git'),
});

const place = z
  .string()
  .regex(
    /^\/(?!.*(^|\/)\.\.?(\/|$))[^;]*$/,
    'an absolute path without dots or semicolons: /go/src/k8s.io/kubernetes',
  );

const paths = z.union([
  z.enum(['checkout', 'container']),
  z.strictObject({
    tree: place.describe('Where the tree lies there: /go/src/k8s.io/kubernetes'),
    output: directory
      .optional()
      .describe('Directory of outputs there, relative to the tree; default _output/dockerized'),
    go: place.optional().describe('GOROOT there; default /usr/local/go'),
    modules: place.optional().describe('Go’s module cache there; default /go/pkg/mod'),
  }),
]);

const build = z.strictObject({
  tags: z
    .array(z.string().regex(/^[\w.]+$/, 'letters, digits, dots and underscores'))
    .optional()
    .describe('More build tags'),
  ldflags: z.string().optional().describe('More flags for the linker'),
  gcflags: z.string().optional().describe('More flags for the compiler'),
  strip: z.boolean().optional().describe('Leave out symbols and debug data (-s -w), except in debug builds'),
  trimpath: z.boolean().optional().describe('Keep paths of this machine out of binaries (-trimpath)'),
  reproducible: z.boolean().optional().describe('Same bytes in every directory, as --reproducible'),
  paths: paths
    .optional()
    .describe(
      'Paths that programs hold: of the checkout, of the tree’s container (--paths container), or these',
    ),
});

const goModule = z
  .string()
  .regex(/^[\w./~-]+@v[\w.+-]+$/, 'a Go module at a version: k8s.io/code-generator@v0.32.3')
  .describe('Go module at a version, had by Go’s own module download');

const generators = z.strictObject({
  module: goModule.describe(
    'Module whose cmd/ holds the generators: k8s.io/code-generator@v0.32.3, 0.30 or newer',
  ),
  header: directory.optional().describe('File with the text above each generated file; default: none'),
  kinds: z
    .strictObject({
      deepcopy: z.literal(true).optional().describe('zz_generated.deepcopy.go where a deepcopy tag is'),
      defaulter: z.literal(true).optional().describe('zz_generated.defaults.go where a defaulter tag is'),
      conversion: z.literal(true).optional().describe('zz_generated.conversion.go where a conversion tag is'),
      register: z.literal(true).optional().describe('zz_generated.register.go where a register tag is'),
      openapi: z
        .strictObject({
          module: goModule.describe('Module whose cmd/ holds openapi-gen: k8s.io/kube-openapi@v0.0.0-…'),
          output: directory.describe('Directory of the one generated package'),
          violations: directory.optional().describe('List of known API rule violations'),
        })
        .optional()
        .describe('API definitions of all packages with an openapi tag, in one file'),
      client: z
        .strictObject({
          output: directory.describe('Directory that gets clientset, listers and informers'),
        })
        .optional()
        .describe('Clients, listers and informers of all types with a genclient tag'),
      crd: z
        .strictObject({
          module: goModule.describe(
            'Module whose cmd/ holds controller-gen: sigs.k8s.io/controller-tools@v0.17.3',
          ),
          output: directory.describe('Directory that gets a manifest for each custom resource'),
        })
        .optional()
        .describe('Manifests of custom resources of all version packages with a groupName tag'),
    })
    .describe('What is generated'),
});

const toolchain = z.strictObject({
  go: z
    .string()
    .regex(/^\d+\.\d+(\.\d+|(rc|beta)\d+)?$/, 'an exact Go version: "1.21.7"')
    .optional()
    .describe('Exact Go version, instead of the one that the tree names'),
  directories: z
    .array(z.string().min(1))
    .optional()
    .describe('Directories that hold GOROOTs, tried before the module proxy'),
  proxy: z
    .string()
    .min(1)
    .optional()
    .describe('Where Go comes from, as GOPROXY: URLs separated by commas or bars, file:// allowed'),
  sums: z
    .record(z.string(), z.string().regex(/^h1:/, 'a sum begins with h1:'))
    .optional()
    .describe('Pinned sums of toolchains: "1.15.15 linux/amd64": h1:…'),
});

/** The whole file. */
export const configSchema = z
  .strictObject({
    name: z.string().min(1).optional().describe('Name of the tree, for people'),
    groups: z
      .record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'small letters, digits and dashes'), group)
      .optional()
      .describe('Named lists of targets and their platforms; replaces a group of that name in the tree'),
    platforms: z.array(platform).min(1).optional().describe('Platforms of groups that name none'),
    static: z.array(z.string().min(1)).optional().describe('Names of binaries that are linked without cgo'),
    version: version.optional().describe('How binaries learn their version'),
    build: build.optional().describe('Flags of every build'),
    generators: generators.optional().describe('Code generators, for trees that do not say so themselves'),
    packages: z
      .record(packageName, packageSchema)
      .optional()
      .describe('deb and rpm packages by name; changes those that are known for the tree'),
    toolchain: toolchain.optional().describe('Which Go, and where from'),
    ...imageSchemas(directory, platform),
    memory: z
      .string()
      .regex(/^\d+(\.\d+)?\s*(GiB|MiB|G|M|GB|MB)$/, 'an amount of memory: 8GiB')
      .optional()
      .describe('Memory that builds at once may use: 8GiB'),
    out: directory.optional().describe('Output directory, relative to the root; default _output'),
  })
  .meta({
    title: 'kubewright.yaml',
    description: 'Settings of a tree that kubewright builds. Every key is optional.',
  });

/** The schema for editors, as JSON Schema 2020-12. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { target: 'draft-2020-12', io: 'input' });
}
