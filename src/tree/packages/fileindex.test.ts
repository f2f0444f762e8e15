import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { scratch } from '../../../tests/trees.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { type FileStat, Files } from '../../host/files.ts';
import { FileIndex } from './fileindex.ts';

const NAME = 'a.go';
let root: string;
let path: string;

beforeEach(() => {
  root = scratch();
  path = join(root, NAME);
});

/** A file system whose times come in steps of two seconds, as FAT's do, and which knows no other time of change. */
class CoarseFiles extends Files {
  override stat(file: string): FileStat | undefined {
    const stat = super.stat(file);
    if (!stat) return undefined;
    const mtime = Math.floor(stat.mtime / 2000) * 2000;
    return { ...stat, mtime, ctime: mtime };
  }
}

/** Looks at the file now, with what was remembered before. */
function look(rows: ReturnType<FileIndex['rows']>, files = new Files(), now = () => Date.now()) {
  const index = new FileIndex(files, root, now, rows);
  const found = index.read(NAME);
  return { digest: found?.digest, rows: index.rows(), hashed: index.hashed };
}

const later = () => Date.now() + 60_000;

describe('the index of files', () => {
  test('reads nothing again that is as it was, and everything that is not', () => {
    writeFileSync(path, 'package a\n');
    const first = look({}, new Files(), later);
    expect(look(first.rows, new Files(), later)).toMatchObject({ hashed: 0, digest: first.digest });
    writeFileSync(path, 'package b\n');
    expect(look(first.rows, new Files(), later).digest).toBe(digestOfBytes('package b\n'));
  });

  test('sees an edit of equal size in the same tick, on disks with times of two seconds too', () => {
    for (const files of [new Files(), new CoarseFiles()]) {
      let rows = {};
      for (const letter of 'abcdefghij') {
        const text = `package ${letter}\n`;
        writeFileSync(path, text);
        const seen = look(rows, files);
        expect(seen.digest).toBe(digestOfBytes(text));
        rows = seen.rows;
      }
    }
  });

  test('is not misled by a clock that jumps back or forth', () => {
    for (const jump of [-86_400_000, -1_500, 1_500, 86_400_000]) {
      writeFileSync(path, 'package a\n');
      const { rows } = look({}, new Files(), () => Date.now() + jump);
      writeFileSync(path, 'package b\n');
      expect(look(rows).digest).toBe(digestOfBytes('package b\n'));
    }
  });

  test('sees what was written under an old time: the inode has a time of change', () => {
    writeFileSync(path, 'package a\n');
    const { atime, mtime } = statSync(path);
    const { rows } = look({}, new Files(), later);
    writeFileSync(path, 'package b\n');
    utimesSync(path, atime, mtime);
    expect(look(rows, new Files(), later).digest).toBe(digestOfBytes('package b\n'));
  });

  test('reads a file again that was edited while it was read', () => {
    writeFileSync(path, 'package a\n');
    class EditedFiles extends Files {
      #edits = 0;
      override readBytes(file: string): Buffer {
        const bytes = super.readBytes(file);
        if (this.#edits++ < 3) writeFileSync(path, `package a${'b'.repeat(this.#edits)}\n`);
        return bytes;
      }
    }
    const { digest, hashed } = look({}, new EditedFiles());
    expect(hashed).toBe(4);
    expect(digest).toBe(digestOfBytes('package abbb\n'));
  });

  test('does not wait for a file that never stands still, and remembers nothing of it', () => {
    writeFileSync(path, 'package a\n');
    class GrowingFiles extends Files {
      override readBytes(file: string): Buffer {
        const bytes = super.readBytes(file);
        writeFileSync(path, `${bytes}// more\n`);
        return bytes;
      }
    }
    const { digest, rows } = look({}, new GrowingFiles());
    expect(digest).toBeDefined();
    expect(rows).toEqual({});
  });
});
