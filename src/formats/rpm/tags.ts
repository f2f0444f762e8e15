/**
 * Numbers and types of the header tags that we write and read. Source: rpm's own list, `include/rpm/rpmtag.h` and
 * `docs/manual/tags.md` of rpm 4.18.
 */

/** How a header stores a value. */
export type TagType = 'int16' | 'int32' | 'string' | 'binary' | 'strings' | 'i18n';

/** Number of each type in the index of a header. */
export const TYPE_NUMBERS: Readonly<Record<TagType, number>> = {
  int16: 3,
  int32: 4,
  string: 6,
  binary: 7,
  strings: 8,
  i18n: 9,
};

interface TagDefinition {
  readonly number: number;
  readonly type: TagType;
}

function tag(number: number, type: TagType): TagDefinition {
  return { number, type };
}

/** Tags of the main header. */
export const TAGS = {
  i18nTable: tag(100, 'strings'),
  name: tag(1000, 'string'),
  version: tag(1001, 'string'),
  release: tag(1002, 'string'),
  summary: tag(1004, 'i18n'),
  description: tag(1005, 'i18n'),
  buildTime: tag(1006, 'int32'),
  buildHost: tag(1007, 'string'),
  size: tag(1009, 'int32'),
  vendor: tag(1011, 'string'),
  licence: tag(1014, 'string'),
  packager: tag(1015, 'string'),
  group: tag(1016, 'i18n'),
  url: tag(1020, 'string'),
  os: tag(1021, 'string'),
  architecture: tag(1022, 'string'),
  beforeInstall: tag(1023, 'string'),
  afterInstall: tag(1024, 'string'),
  beforeRemove: tag(1025, 'string'),
  afterRemove: tag(1026, 'string'),
  fileSizes: tag(1028, 'int32'),
  fileModes: tag(1030, 'int16'),
  fileDevices: tag(1033, 'int16'),
  fileTimes: tag(1034, 'int32'),
  fileDigests: tag(1035, 'strings'),
  fileLinkTargets: tag(1036, 'strings'),
  fileFlags: tag(1037, 'int32'),
  fileUsers: tag(1039, 'strings'),
  fileGroups: tag(1040, 'strings'),
  sourcePackage: tag(1044, 'string'),
  fileVerifyFlags: tag(1045, 'int32'),
  provideNames: tag(1047, 'strings'),
  requireFlags: tag(1048, 'int32'),
  requireNames: tag(1049, 'strings'),
  requireVersions: tag(1050, 'strings'),
  conflictFlags: tag(1053, 'int32'),
  conflictNames: tag(1054, 'strings'),
  conflictVersions: tag(1055, 'strings'),
  rpmVersion: tag(1064, 'string'),
  changelogTimes: tag(1080, 'int32'),
  changelogNames: tag(1081, 'strings'),
  changelogTexts: tag(1082, 'strings'),
  beforeInstallProgram: tag(1085, 'string'),
  afterInstallProgram: tag(1086, 'string'),
  beforeRemoveProgram: tag(1087, 'string'),
  afterRemoveProgram: tag(1088, 'string'),
  obsoleteNames: tag(1090, 'strings'),
  fileHostDevices: tag(1095, 'int32'),
  fileInodes: tag(1096, 'int32'),
  fileLanguages: tag(1097, 'strings'),
  provideFlags: tag(1112, 'int32'),
  provideVersions: tag(1113, 'strings'),
  obsoleteFlags: tag(1114, 'int32'),
  obsoleteVersions: tag(1115, 'strings'),
  directoryIndexes: tag(1116, 'int32'),
  baseNames: tag(1117, 'strings'),
  directoryNames: tag(1118, 'strings'),
  payloadFormat: tag(1124, 'string'),
  payloadCompressor: tag(1125, 'string'),
  payloadFlags: tag(1126, 'string'),
  platform: tag(1132, 'string'),
  fileDigestAlgorithm: tag(5011, 'int32'),
  recommendNames: tag(5046, 'strings'),
  recommendVersions: tag(5047, 'strings'),
  recommendFlags: tag(5048, 'int32'),
  suggestNames: tag(5049, 'strings'),
  suggestVersions: tag(5050, 'strings'),
  suggestFlags: tag(5051, 'int32'),
  encoding: tag(5062, 'string'),
  payloadDigests: tag(5092, 'strings'),
  payloadDigestAlgorithm: tag(5093, 'int32'),
  payloadContentDigests: tag(5097, 'strings'),
} as const satisfies Record<string, TagDefinition>;

/** Tags of the signature header; their numbers mean other things in the main header. */
export const SIGNATURE_TAGS = {
  /** OpenPGP signature of the main header by a key that is not RSA: DSA, EdDSA. */
  otherKey: tag(267, 'binary'),
  /** OpenPGP signature of the main header by an RSA key. */
  rsa: tag(268, 'binary'),
  sha1: tag(269, 'string'),
  sha256: tag(273, 'string'),
  /** Bytes of main header and payload. */
  size: tag(1000, 'int32'),
  /** MD5 of main header and payload. */
  md5: tag(1004, 'binary'),
  /** Bytes of the payload before compression. */
  payloadSize: tag(1007, 'int32'),
} as const satisfies Record<string, TagDefinition>;

/** The first entry of a main header: all that lies in it is one unchangeable region. */
export const REGION_IMMUTABLE = 63;
/** The first entry of a signature header. */
export const REGION_SIGNATURES = 62;

/** Bits of a dependency. Source: `include/rpm/rpmds.h`, rpmsenseFlags. */
export const SENSE = {
  less: 1 << 1,
  greater: 1 << 2,
  equal: 1 << 3,
  interpreter: 1 << 8,
  beforeInstall: 1 << 9,
  afterInstall: 1 << 10,
  beforeRemove: 1 << 11,
  afterRemove: 1 << 12,
  rpmlib: 1 << 24,
} as const;

/** Bits of a file. Source: `include/rpm/rpmfiles.h`, rpmfileAttrs. */
export const FILE_FLAGS = { config: 1, documentation: 1 << 1, noReplace: 1 << 4, licence: 1 << 7 } as const;
