// Runs one YAML test against a server: its requests, what it stores and what it expects. Records what was answered.
import type { Result } from '../suite.ts';
import { callOf, ParameterError, type Api } from './api.ts';
import { errorOf, errorPatternOf, javaText } from './caught.ts';
import { fits, isAssertion, judge } from './assertions.ts';
import { ask, type Answer } from './http.ts';
import { filled, lookUp, type Stored } from './lookup.ts';
import type { Step, YamlTest } from './read.ts';
import { isWithin, skipReason } from './requirements.ts';
import { answerShape } from './shape.ts';

/** Words after `catch`, and the statuses that they stand for. */
const caught: Readonly<Record<string, readonly number[]>> = {
  bad_request: [400],
  unauthorized: [401],
  forbidden: [403],
  missing: [404],
  request_timeout: [408],
  conflict: [409],
  unavailable: [503],
};

/** Under `do` beside the operation; warnings are recorded with the answer, not judged. */
const besideOperation = new Set([
  'catch',
  'headers',
  'node_selector',
  'warnings',
  'warnings_regex',
  'allowed_warnings',
  'allowed_warnings_regex',
]);

class Skip extends Error {}
class Failure extends Error {}

export async function runTest(test: YamlTest, api: Api, url: string): Promise<Result> {
  if (test.skip !== undefined) return { id: test.id, outcome: 'skipped', detail: test.skip };
  const run = new Run(api, url);
  try {
    try {
      await run.steps(test.setup);
      await run.steps(test.steps);
    } finally {
      // What is left after a failed test is removed with everything else.
      await run.steps(test.teardown).catch(() => undefined);
    }
    return { id: test.id, outcome: 'passed', detail: '', answers: run.answers };
  } catch (error) {
    const detail = (error as Error).message;
    if (error instanceof Skip) return { id: test.id, outcome: 'skipped', detail, answers: run.answers };
    return { id: test.id, outcome: 'failed', detail, answers: run.answers };
  }
}

class Run {
  readonly answers: string[] = [];
  readonly #stored: Stored = new Map();
  #last: unknown;

  readonly #api: Api;
  readonly #url: string;

  constructor(api: Api, url: string) {
    this.#api = api;
    this.#url = url;
  }

  async steps(steps: readonly Step[]): Promise<void> {
    for (const { name, value } of steps) await this.#step(name, value);
  }

  async #step(name: string, value: unknown): Promise<void> {
    if (name === 'do') return await this.#do(value as Record<string, unknown>);
    if (name === 'skip' || name === 'requires') {
      const reason = await skipReason(name, value, this.#url);
      if (reason !== undefined) throw new Skip(reason);
      return;
    }
    if (name === 'set') {
      for (const [path, key] of Object.entries(value as Record<string, string>))
        this.#stored.set(key, lookUp(path, this.#last, this.#stored));
      return;
    }
    if (!isAssertion(name)) throw new Skip(`the runner has no step ${name}`);
    const reason = judge(name, value, this.#last, this.#stored);
    if (reason !== undefined) throw new Failure(reason);
  }

  async #do(step: Record<string, unknown>): Promise<void> {
    const { catch: expected, headers } = step;
    await this.#selectNode(step['node_selector']);
    const [operation, given] = Object.entries(step).find(([name]) => !besideOperation.has(name)) ?? [];
    if (operation === undefined) throw new Failure('a do without an operation');
    const args = (filled(given ?? {}, this.#stored) ?? {}) as Record<string, unknown>;
    let call;
    try {
      call = callOf(this.#api, {
        operation,
        args,
        headers: filled(headers ?? {}, this.#stored) as Record<string, string>,
        getWithBody: this.answers.length % 2 === 1,
      });
    } catch (error) {
      if (error instanceof ParameterError && expected === 'param') return;
      throw error;
    }
    if (call === undefined) throw new Skip(`the API description has no operation ${operation}`);
    const answer = await ask(this.#url, call).catch((error: unknown) => {
      throw new Failure(`${call.method} ${call.path}: ${(error as Error).message}`);
    });
    this.answers.push(
      `${call.method} ${call.path.replaceAll(/[\w-]{20,}(%3A\d+|={0,2})/g, '*')}: ${answerShape(answer)}`,
    );
    this.#last = bodyOf(call.method, answer);
    if (hasNoHandler(answer.status, this.#last)) throw new Skip('the engine has no such part');
    this.#judgeStatus(`${call.method} ${call.path}`, answer, expected as string | undefined, args['ignore']);
  }

  /** The cluster has one node, which is asked when it is one of the wanted. */
  async #selectNode(selector: unknown): Promise<void> {
    if (selector === undefined) return;
    const { version, ...others } = selector as { version?: string };
    if (version === undefined || Object.keys(others).length > 0)
      throw new Skip(`the runner selects nodes by version alone, not by ${Object.keys(others).join(', ')}`);
    if (!(await isWithin(this.#url, version))) throw new Skip(`no node of version ${version}`);
  }

  #judgeStatus(call: string, answer: Answer, expected: string | undefined, ignored: unknown): void {
    const { status, text } = answer;
    if (expected === undefined) {
      const isExpected =
        status < 400 || (call.startsWith('HEAD') && status === 404) || [ignored].flat().map(Number).includes(status);
      if (!isExpected) throw new Failure(`${call}: ${status} ${text.slice(0, 200)}`);
      return;
    }
    const pattern = errorPatternOf(expected);
    const statuses = caught[expected];
    const isCaught = pattern
      ? fits(pattern, text) || fits(pattern, javaText(errorOf(text)))
      : statuses
        ? statuses.includes(status)
        : expected === 'request' || expected === 'param'
          ? true
          : text.includes(expected);
    if (status < 400 || !isCaught) throw new Failure(`${call}: ${status}, expected ${expected}; ${text.slice(0, 200)}`);
  }
}

/** For a path without a handler the engine answers 400 with an error that is a string; every other error of it is an object. */
function hasNoHandler(status: number, body: unknown): boolean {
  return status === 400 && typeof (body as { readonly error?: unknown } | null)?.error === 'string';
}

function bodyOf(method: string, { status, headers, text }: Answer): unknown {
  if (method === 'HEAD') return status === 200;
  if (!/json/.test(headers.get('content-type') ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
