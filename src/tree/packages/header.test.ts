import { expect, test } from 'vitest';
import { readGoHeader } from './header.ts';

test('reads package, imports of every form, constraints and embeds', () => {
  const header = readGoHeader(`// Copyright; package nothing
//go:build linux && !arm
// +build linux,!arm

/* package alsonothing */
package main // import "example.dev/x"

import "fmt"
import (
	_ "embed"
	. "strings"; yaml "sigs.k8s.io/yaml" // comment
	/* block */ raw \`path/raw\`
)
// #include <stdio.h>
import "C"

//go:embed a.txt b/*.json
var files string
var x = "import \\"not/this\\""
`);
  expect(header).toEqual({
    cgo: [],
    packageName: 'main',
    imports: ['fmt', 'embed', 'strings', 'sigs.k8s.io/yaml', 'path/raw', 'C'],
    constraints: ['//go:build linux && !arm', '// +build linux,!arm'],
    embeds: ['a.txt b/*.json'],
    importComment: 'example.dev/x',
  });
});

test.each(['', 'package', 'not go at all', 'package x\nimport (', '/* never closed', 'package x; import "a'])(
  'survives %j',
  (text) => {
    expect(readGoHeader(text).embeds).toEqual([]);
  },
);
