import { expect, test } from 'vitest';
import { embedLines, embedPatterns } from './embedlines.ts';

test('directives stand at the start of a line, outside strings and block comments', () => {
  const text = [
    '//go:embed a.txt b/*.json',
    'var x embed.FS // it\'s "fine"',
    '\t//go:embed indented',
    'var s = `',
    '//go:embed not this',
    "`; var r = '\"'",
    '/*\n//go:embed nor this\n*/',
    'var y = 1 //go:embed nor that',
    '//go:embedded neither',
  ].join('\n');
  expect(embedLines(text)).toEqual(['a.txt b/*.json', 'indented']);
});

test('patterns are words, or Go strings', () => {
  expect(embedPatterns('a b/*.x "with blank" `raw one` all:dir')).toEqual([
    ...['a', 'b/*.x', 'with blank', 'raw one', 'all:dir'],
  ]);
  expect(embedPatterns('"never closed')).toBeUndefined();
});
