/** What `packages` of kubewright.yaml may hold: deb and rpm packages of any tree. */
import { z } from 'zod';

const inTree = z
  .string()
  .min(1)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, 'a path inside the tree, relative to its root');

const installed = z
  .string()
  .regex(/^(\/(?!\.{1,2}(\/|$))[^/\n]+)+$/, 'a path from the root, as it is installed: /usr/bin/apples');

const mode = z
  .string()
  .regex(/^0?[0-7]{3,4}$/, 'permissions in octal, in quotes: "0755"')
  .optional()
  .describe(
    'Permissions in octal, in quotes; default: 0755 for programs, executable files and directories, else 0644',
  );

const packagedFile = z
  .strictObject({
    program: z.string().min(1).optional().describe('Name of a binary of the tree, taken for each platform'),
    source: inTree.optional().describe('File or directory of the tree'),
    text: z.string().optional().describe('The content itself'),
    directory: installed.optional().describe('Path of an empty directory to install'),
    link: z.string().min(1).optional().describe('What a symbolic link at `path` leads to'),
    path: installed.optional().describe('Where it is installed; default for a program: /usr/bin/NAME'),
    mode,
    config: z.boolean().optional().describe('Belongs to the administrator: changes are kept on upgrades'),
  })
  .refine(
    (file) =>
      [file.program, file.source, file.text, file.directory, file.link].filter((one) => one !== undefined)
        .length === 1,
    'one of program, source, text, directory and link',
  )
  .refine(
    (file) => file.path !== undefined || file.program !== undefined || file.directory !== undefined,
    'it needs a path, where it is installed',
  );

const unit = z.union([
  inTree.describe('Unit file of the tree: packaging/apples.service'),
  z.strictObject({
    source: inTree.describe('Unit file of the tree: packaging/apples.service'),
    start: z.boolean().optional().describe('Enabled and started when installed; default true'),
  }),
]);

const relations = {
  depends: z
    .array(z.string())
    .optional()
    .describe('Packages that it needs: libc6 (>= 2.28), or glibc >= 2.28'),
  recommends: z.array(z.string()).optional().describe('Packages that belong beside it'),
  suggests: z.array(z.string()).optional().describe('Packages that go well with it'),
  conflicts: z.array(z.string()).optional().describe('Packages that cannot be there at the same time'),
  replaces: z.array(z.string()).optional().describe('Packages whose files it takes over'),
  provides: z.array(z.string()).optional().describe('Names that it answers to beside its own'),
};

const ofFormat = (section: string) =>
  z.strictObject({ ...relations, section: z.string().min(1).optional().describe(section) });

/** One package. Each key replaces what the tree, or our own table, says of a package of that name. */
export const packageSchema = z.strictObject({
  summary: z
    .string()
    .min(1)
    .max(80)
    .regex(/^\S.*$/, 'one line')
    .optional()
    .describe('What it is, in one line'),
  description: z.string().optional().describe('More about it, in as many lines as it takes'),
  maintainer: z
    .string()
    .regex(/^[^<>\n]+ <[^<>\s]+@[^<>\s]+>$/, 'a name and an address: Orchard Team <team@example.org>')
    .optional()
    .describe('Who answers for it: Orchard Team <team@example.org>'),
  licence: z.string().min(1).optional().describe('SPDX expression: Apache-2.0'),
  homepage: z.string().min(1).optional().describe('Where people read about it'),
  version: z.string().min(1).optional().describe('Version of its own, instead of the tree’s'),
  revision: z.string().min(1).optional().describe('Revision, in quotes; default "1"'),
  formats: z
    .array(z.enum(['deb', 'rpm']))
    .min(1)
    .optional()
    .describe('Formats; default both'),
  files: z.array(packagedFile).min(1).optional().describe('What it installs'),
  units: z.array(unit).optional().describe('systemd units, installed and handled by its scripts'),
  ...relations,
  scripts: z
    .strictObject({
      beforeInstall: inTree
        .optional()
        .describe('Script of the tree for /bin/sh, run before files are installed'),
      afterInstall: inTree.optional().describe('… after they are installed'),
      beforeRemove: inTree.optional().describe('… before they are removed'),
      afterRemove: inTree.optional().describe('… after they are removed'),
    })
    .optional()
    .describe('Scripts; their first argument is what dpkg or rpm give them'),
  deb: ofFormat('Section of Debian: admin').optional().describe('What differs in a deb'),
  rpm: ofFormat('Group of rpm: System/Daemons').optional().describe('What differs in an rpm'),
});

/** Names that both formats allow (Debian Policy 5.6.1). */
export const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, 'small letters, digits, + - and dots, two or more');

/** A package as kubewright.yaml describes it. */
export type ConfiguredPackage = z.infer<typeof packageSchema>;
