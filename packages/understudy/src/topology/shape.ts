// Turns what zod says of the file's shape into problems in the words of the fields.
import type { z } from 'zod';
import type { Locate } from './document.ts';
import { keysAt, textAt } from './field.ts';
import type { Problem } from './problem.ts';
import { topologyFile } from './schema.ts';

type Issue = z.core.$ZodIssue;

export function shapeProblems(issues: readonly Issue[], file: unknown, locate: Locate): Problem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey([...issue.path, key], locate))
      : [refused(issue, file, locate)],
  );
}

function refused(issue: Issue, file: unknown, locate: Locate): Problem {
  const inner = innermost(issue);
  const path = [...issue.path, ...inner.path];
  const text = textAt(topologyFile, path);
  const value = path.reduce<unknown>(step, file);
  return {
    field: path.join('.'),
    ...locate(path),
    saw: path[1] === 'environment' && value !== undefined ? kindOf(value) : shown(value),
    allowed: text?.allowed ?? 'another value',
    message: value === undefined ? 'it is required' : reasonOf(inner.issue),
    remedy: text?.remedy ?? 'compare with `understudy init`',
  };
}

/** Of a union, what the member says that came furthest: `certificate: {certPath: 1}` is about certPath. */
function innermost(issue: Issue): { issue: Issue; path: PropertyKey[] } {
  if (issue.code !== 'invalid_union') return { issue, path: [] };
  const deeper = issue.errors
    .flat()
    .filter((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys')
    .map((inner) => ({
      issue: inner,
      path: inner.code === 'unrecognized_keys' ? [...inner.path, ...inner.keys.slice(0, 1)] : inner.path,
    }));
  const deepest = Math.max(...deeper.map(({ path }) => path.length));
  return deeper.find(({ path }) => path.length === deepest) ?? { issue, path: [] };
}

function reasonOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `it is not ${issue.expected === 'int' ? 'a whole number' : article(issue.expected)}`;
    case 'too_small':
      return issue.origin === 'array' ? 'the list is too short' : `it is below ${issue.minimum.toString()}`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `it is longer than ${issue.maximum.toString()}`
        : `it is above ${issue.maximum.toString()}`;
    case 'unrecognized_keys':
      return 'there is no such field here';
    default:
      return 'it is not one of the accepted values';
  }
}

function unknownKey(path: PropertyKey[], locate: Locate): Problem {
  const known = keysAt(topologyFile, path.slice(0, -1)) ?? [];
  const key = String(path.at(-1));
  const nearest = nearestOf(key, known);
  return {
    field: path.join('.'),
    ...locate(path, 'key'),
    saw: `the unknown key ${key}`,
    allowed: known.join(', '),
    message: 'there is no such field here',
    remedy: nearest === undefined ? 'remove it' : `did you mean ${nearest}? Rename or remove it`,
  };
}

/** The known key with the fewest edits, when they are few for its length. */
function nearestOf(key: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(plain(key), plain(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(1, Math.floor(best.candidate.length / 3))
    ? best.candidate
    : undefined;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 0; i < one.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const same = one[i] === other[j] ? 0 : 1;
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + same));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function step(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

/** A value in a few words. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return kindOf(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : article(typeof value);
}

const article = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun === 'object' ? 'mapping' : noun}`;
