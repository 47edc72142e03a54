// The steps of a YAML test that judge: each gives the reason why it does not hold, or undefined. Sends nothing.
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { filled, lookUp, type Stored } from './lookup.ts';

type Judge = (value: unknown, expected: unknown) => boolean;

const number = (value: unknown): number => Number(value);
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === 0 || value === '' || value === 'false';

/** Judges of `{path: expected}`. */
const judges: Readonly<Record<string, Judge>> = {
  match: matches,
  gt: (value, expected) => number(value) > number(expected),
  gte: (value, expected) => number(value) >= number(expected),
  lt: (value, expected) => number(value) < number(expected),
  lte: (value, expected) => number(value) <= number(expected),
  length: (value, expected) => lengthOf(value) === number(expected),
  contains: (value, expected) =>
    typeof value === 'string'
      ? value.includes(String(expected))
      : Array.isArray(value) && value.some((entry) => holds(entry, expected)),
  close_to: (value, expected) => {
    const { value: target, error } = expected as { value: number; error: number };
    return Math.abs(number(value) - target) <= error;
  },
};

/** Judges of a path alone. */
const pathJudges: Readonly<Record<string, (value: unknown) => boolean>> = {
  is_true: (value) => !isEmpty(value),
  is_false: isEmpty,
  exists: (value) => value !== undefined,
  not_exists: (value) => value === undefined,
};

export function isAssertion(name: string): boolean {
  return name in judges || name in pathJudges;
}

/** Why the step does not hold for the last answer; undefined when it does. */
export function judge(name: string, value: unknown, answer: unknown, stored: Stored): string | undefined {
  const pathJudge = pathJudges[name];
  if (pathJudge !== undefined) {
    const seen = lookUp(String(value), answer, stored);
    return pathJudge(seen) ? undefined : `${name}: ${String(value)} is ${short(seen)}`;
  }
  for (const [path, wanted] of Object.entries(value as Record<string, unknown>)) {
    const [seen, expected] = [lookUp(path, answer, stored), filled(wanted, stored)];
    if (judges[name]?.(seen, expected) !== true)
      return `${name}: ${path} is ${short(seen)}, expected ${short(expected)}`;
  }
  return undefined;
}

function matches(value: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') {
    const pattern = patternOf(expected);
    if (pattern !== undefined) return fits(pattern, typeof value === 'string' ? value : JSON.stringify(value));
    return String(value) === expected || String(value).trim() === expected.trim();
  }
  if (typeof expected === 'number') return number(value) === expected && value !== null;
  return isDeepStrictEqual(value ?? null, expected);
}

/** `/…/` is a regular expression with comments and free white space. */
export function patternOf(text: string): RegExp | undefined {
  const inner = /^\s*\/([\s\S]*)\/\s*$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  return new RegExp(
    inner
      .replaceAll(/(?<!\\)#.*$/gm, '')
      .replaceAll(/(?<!\\)\s+/g, '')
      .replaceAll('\\#', '#')
      // Possessive quantifiers, which this language does not have, only forbid to look back.
      .replaceAll(/(?<!\\)([*+?}])\+/g, '$1'),
  );
}

const patternMs = 2000;

/** An expression for another language can take hours to fail in this one; then it does not fit. */
export function fits(pattern: RegExp, text: string): boolean {
  try {
    return runInNewContext('pattern.test(text)', { pattern, text }, { timeout: patternMs }) === true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

function holds(entry: unknown, expected: unknown): boolean {
  if (expected === null || typeof expected !== 'object' || Array.isArray(expected)) return matches(entry, expected);
  return Object.entries(expected).every(([name, inner]) => matches((entry as Record<string, unknown>)[name], inner));
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return value === null || typeof value !== 'object' ? Number.NaN : Object.keys(value).length;
}

function short(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 120);
}
