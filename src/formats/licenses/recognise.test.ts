import list from 'spdx-license-list/full.js';
import { describe, expect, test } from 'vitest';
import { LicenseRecogniser } from './recognise.ts';

const recogniser = new LicenseRecogniser(list);

/** As authors put it into their repositories: a title, their name, lines of another width. */
function asPublished(id: string, title = ''): string {
  const text = (list[id]?.licenseText ?? '').replace(/<[^<>]*>/g, 'Jane Doe');
  return `${title}\n\nCopyright 2019 The Orchard Authors. All rights reserved.\n\n${text.replace(/\n(?!\n)/g, ' ')}`;
}

describe('the licence of a text', () => {
  const common = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'MPL-2.0', 'Unlicense', 'Zlib'];
  test.each([...common, 'GPL-3.0-only', 'LGPL-3.0-only', 'CC0-1.0'])('%s is told from its kin', (id) => {
    expect(recogniser.recognise(asPublished(id))).toEqual([id]);
  });

  test('names that were filled in do not matter', () => {
    const text = asPublished('BSD-3-Clause').replaceAll(/the copyright holder/gi, 'Orchard Incorporated');
    expect(recogniser.recognise(text)).toEqual(['BSD-3-Clause']);
    const isc = asPublished('ISC', 'ISC License').replaceAll('ISC DISCLAIMS', 'THE AUTHOR DISCLAIMS');
    expect(recogniser.recognise(isc.replaceAll('SHALL ISC', 'SHALL THE AUTHOR'))).toEqual(['ISC']);
  });

  test('one file may hold two, and may do without the appendix of Apache', () => {
    expect(recogniser.recognise(`${asPublished('MIT')}\n\n${asPublished('BSD-3-Clause')}`)).toEqual([
      'BSD-3-Clause',
      'MIT',
    ]);
    const terms = asPublished('Apache-2.0').split('END OF TERMS AND CONDITIONS')[0] as string;
    expect(recogniser.recognise(terms)).toEqual(['Apache-2.0']);
  });

  test('a notice that names a licence counts, and a text that is none does not', () => {
    const notice = 'Copyright 2015 Jane\n\nLicensed under the Apache License, Version 2.0 (the "License");';
    expect(recogniser.recognise(notice)).toEqual(['Apache-2.0']);
    expect(recogniser.recognise('You may use this if you plant a tree.')).toEqual([]);
    expect(recogniser.recognise('')).toEqual([]);
  });
});
