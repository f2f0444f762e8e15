/**
 * The tags that generators know, where each counts and which values it takes (spec codegen 3), and the letters about
 * tags that are not so. Generators themselves pass over most of these in silence. Pure.
 */
import { type Diagnostic, error, type Location, warning } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import type { GeneratorTag, TagPlace } from './tag.ts';

interface Rule {
  readonly places: readonly TagPlace[];
  /** Values by place; absent: anything goes. */
  readonly values?: Partial<Record<TagPlace, RegExp>>;
  /** The values in words. */
  readonly takes?: string;
}

const SWITCH = /^(?:true|false)$/;
const MINOR = /^\d+\.\d+$/;
const ANYWHERE: readonly TagPlace[] = ['package', 'declaration', 'field'];

const RULES: Readonly<Record<string, Rule>> = {
  'k8s:deepcopy-gen': {
    places: ['package', 'declaration'],
    values: { package: /^(?:package|register)(?:,register)?$/, declaration: SWITCH },
    takes: '`package` in doc.go, `true` or `false` at a type',
  },
  'k8s:deepcopy-gen:interfaces': {
    places: ['declaration'],
    values: { declaration: /^[^\s,]+(?:,\s*[^\s,]+)*$/ },
    takes: 'interfaces with their packages, separated by commas',
  },
  'k8s:deepcopy-gen:nonpointer-interfaces': {
    places: ['declaration'],
    values: { declaration: SWITCH },
    takes: '`true` or `false`',
  },
  'k8s:defaulter-gen': {
    places: ['package', 'declaration'],
    values: { package: /^(?:[A-Z]\w*|true|false|covers)$/, declaration: /^(?:true|false|covers)$/ },
    takes: 'the name of a field in doc.go (`TypeMeta`), `true`, `false` or `covers` at a type or function',
  },
  'k8s:defaulter-gen-input': {
    places: ['package'],
    values: { package: /^\S+$/ },
    takes: 'the path of a package',
  },
  'k8s:conversion-gen': {
    places: ANYWHERE,
    values: { package: /^\S+$/, declaration: /^(?:false|\S+)$/ },
    takes: 'the import path of a package in doc.go, `false` at a type or field',
  },
  'k8s:conversion-gen-external-types': {
    places: ['package'],
    values: { package: /^\S+$/ },
    takes: 'the import path of a package',
  },
  'k8s:conversion-gen:explicit-from': {
    places: ['declaration'],
    values: { declaration: /^net\/url\.Values$/ },
    takes: '`net/url.Values`',
  },
  'k8s:conversion-fn': {
    places: ['declaration'],
    values: { declaration: /^(?:copy-only|drop)$/ },
    takes: '`copy-only` or `drop`',
  },
  'k8s:openapi-gen': {
    places: ANYWHERE,
    values: {
      package: /^(?:true|false|x-kubernetes-.*)$/,
      declaration: /^(?:true|false|x-kubernetes-.*)$/,
      field: /^(?:true|false|x-kubernetes-.*)$/,
    },
    takes: '`true` or `false`',
  },
  'k8s:openapi-model-package': { places: ['package'] },
  'k8s:prerelease-lifecycle-gen': {
    places: ['package', 'declaration'],
    values: { package: SWITCH, declaration: SWITCH },
    takes: '`true` or `false`',
  },
  'k8s:prerelease-lifecycle-gen:introduced': {
    places: ['declaration'],
    values: { declaration: MINOR },
    takes: 'a minor version such as `1.20`',
  },
  'k8s:prerelease-lifecycle-gen:deprecated': {
    places: ['declaration'],
    values: { declaration: MINOR },
    takes: 'a minor version such as `1.20`',
  },
  'k8s:prerelease-lifecycle-gen:removed': {
    places: ['declaration'],
    values: { declaration: MINOR },
    takes: 'a minor version such as `1.20`',
  },
  'k8s:prerelease-lifecycle-gen:replacement': {
    places: ['declaration'],
    values: { declaration: /^[^,]+,[^,]+,[^,]+$/ },
    takes: 'group,version,kind',
  },
  'k8s:protobuf-gen': {
    places: ['package', 'declaration'],
    values: { package: /^package$/, declaration: SWITCH },
    takes: '`package` in doc.go',
  },
  'k8s:register-gen': {
    places: ['package'],
    values: { package: /^(?:package|true|false)$/ },
    takes: '`package`',
  },
  'k8s:validation-gen': { places: ANYWHERE },
  'k8s:validation-gen-input': { places: ['package'] },
  'k8s:validation-gen-scheme-registry': { places: ['package'] },
  'k8s:validation-gen-test-fixture': { places: ['package'] },
  'k8s:validation-gen-nolint': { places: ANYWHERE },
};

/** Names of this shape are generators' own; other `k8s:` tags belong to the API rules and are left alone. */
const GENERATOR_NAME = /^k8s:[\w-]*-(?:gen|fn)\b/;

/** Letters about the tags of one file. `lines`: its text by line, for the underlines; asked for only when needed. */
export function checkTags(
  file: string,
  tags: readonly GeneratorTag[],
  lines: () => readonly string[],
): readonly Diagnostic[] {
  const isDoc = file.endsWith('/doc.go') || file === 'doc.go';
  const seen = new Set<string>();
  return tags.flatMap((tag): Diagnostic[] => {
    const at = (note: string): Location[] => [locate(file, tag, lines(), note)];
    const rule = RULES[tag.name];
    if (!rule) return GENERATOR_NAME.test(tag.name) ? [unknownName(tag, at)] : [];
    if (!rule.places.includes(tag.place)) return [misplaced(tag, rule, at)];
    if (tag.place === 'package' && !isDoc) return [notInDoc(tag, at)];
    const values = rule.values?.[tag.place];
    if (values && !values.test(tag.value)) return [wrongValue(tag, rule, at)];
    const repeated = tag.place === 'package' && tag.name === 'k8s:deepcopy-gen' && seen.has(tag.name);
    seen.add(tag.name);
    return repeated ? [twice(tag, at)] : [];
  });
}

type At = (note: string) => Location[];

/** A Location that underlines a tag. */
export function locate(file: string, tag: GeneratorTag, lines: readonly string[], note: string): Location {
  const text = lines[tag.line - 1];
  const length = 1 + tag.name.length + (tag.value ? 1 + tag.value.length : 0);
  return { file, line: tag.line, column: tag.column, length, ...(text === undefined ? {} : { text }), note };
}

function unknownName(tag: GeneratorTag, at: At): Diagnostic {
  const near = didYouMean(tag.name, Object.keys(RULES));
  return warning('generate/tag-unknown', {
    what: `no generator knows the tag +${tag.name}`,
    where: at('has no effect'),
    help: `${near ? `${near} Otherwise ` : ''}remove the line`,
  });
}

function misplaced(tag: GeneratorTag, rule: Rule, at: At): Diagnostic {
  const place = rule.places.includes('package')
    ? 'in the package comment of doc.go'
    : 'directly above a type';
  return warning('generate/tag-misplaced', {
    what: `the tag +${tag.name} has no effect ${PLACES[tag.place]}`,
    where: at(`belongs ${place}`),
    why: 'its generator reads it elsewhere and passes over this one in silence',
    help: `move the line: it counts ${place}`,
  });
}

const PLACES: Readonly<Record<TagPlace, string>> = {
  package: 'above the package clause',
  declaration: 'at a declaration',
  field: 'at a field',
};

function notInDoc(tag: GeneratorTag, at: At): Diagnostic {
  return warning('generate/tag-misplaced', {
    what: `the tag +${tag.name} above the package clause counts in doc.go only`,
    where: at('has no effect in this file'),
    why: 'generators take package comments from doc.go alone; upstream’s scan still picks the directory',
    help: 'move the line into the package comment of doc.go beside this file',
  });
}

function wrongValue(tag: GeneratorTag, rule: Rule, at: At): Diagnostic {
  return error('generate/tag-value', {
    what: `+${tag.name} does not take the value ${tag.value === '' ? '(nothing)' : tag.value}`,
    where: at('unknown value'),
    ...(rule.takes ? { why: `it takes ${rule.takes}` } : {}),
    help: 'correct the value; the outputs that depend on it are left as they are until then',
  });
}

function twice(tag: GeneratorTag, at: At): Diagnostic {
  return error('generate/tag-value', {
    what: `+${tag.name} stands twice in one doc.go`,
    where: at('the second one'),
    help: 'keep one of the two lines: its generator refuses a package with more',
  });
}
