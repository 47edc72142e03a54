// Linode's OpenAPI file as a checker: what in a request or an answer is not as the file says. Knows nothing of the lab.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { follow, resolved, translate, type Direction, type Node } from './schema.ts';

/** From UNDERSTUDY_OPENAPI, or beside the project. */
export function specificationFile(): string | undefined {
  const root = path.resolve(import.meta.dirname, '../../../..');
  const candidates = [process.env['UNDERSTUDY_OPENAPI'], path.join(root, '../shared/linode/openapi-4.189.0.yaml')];
  return candidates.find((file) => file !== undefined && existsSync(file));
}

export const whyWithout =
  "Linode's OpenAPI file was not found; set UNDERSTUDY_OPENAPI to its path to check against it.";

/** The YAML takes seconds to read, so its JSON is kept in the cache under the hash of the text. */
function load(file: string): Node {
  const text = readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const folder = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'understudy');
  const cached = path.join(folder, `openapi-${hash}.json`);
  if (existsSync(cached)) return JSON.parse(readFileSync(cached, 'utf8')) as Node;
  const document = parse(text, { maxAliasCount: -1 }) as Node;
  mkdirSync(folder, { recursive: true });
  const beside = `${cached}.${process.pid}`;
  writeFileSync(beside, JSON.stringify(document));
  renameSync(beside, cached);
  return document;
}

const methods = ['get', 'post', 'put', 'delete'];

interface Operation {
  readonly name: string;
  readonly path: RegExp;
  readonly literal: number;
  readonly pointer: string;
  readonly node: Node;
  readonly queries: readonly Query[];
}

/** A parameter of the query, with its limits. */
interface Query {
  readonly name: string;
  readonly schema?: { readonly minimum?: number; readonly maximum?: number };
}

function queriesOf(document: Node, lists: readonly unknown[]): Query[] {
  return lists
    .flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
    .map((parameter) => resolved(parameter, document))
    .filter((parameter) => parameter['in'] === 'query')
    .map((parameter) => ({
      name: String(parameter['name']),
      schema: resolved(parameter['schema'] ?? {}, document),
    }));
}

const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

export class Specification {
  readonly #ajv = new Ajv({
    strict: false,
    allErrors: true,
    validateFormats: false,
    logger: false,
    unicodeRegExp: false,
  });
  readonly #operations: Operation[] = [];
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #document: Node;

  constructor(file: string) {
    this.#document = load(file);
    for (const direction of ['request', 'answer'] as const) {
      this.#ajv.addSchema(translate(this.#document, this.#document, direction) as Node, direction);
    }
    for (const [template, item] of Object.entries(this.#document['paths'] as Record<string, Node>)) {
      const bare = template.replace('/{apiVersion}', '');
      const pattern = bare.replaceAll(/\{(imageId|kernelId)\}/g, '.+').replaceAll(/\{[^}]+\}/g, '[^/]+');
      for (const method of methods) {
        const node = item[method] as Node | undefined;
        if (node === undefined) continue;
        this.#operations.push({
          name: `${method.toUpperCase()} ${bare}`,
          path: new RegExp(`^${pattern}$`),
          literal: bare.split('/').filter((part) => !part.startsWith('{')).length,
          pointer: `#/paths/${escape(template)}/${method}`,
          node,
          queries: queriesOf(this.#document, [item['parameters'], node['parameters']]),
        });
      }
    }
  }

  /** Names of all operations: `GET /linode/instances/{linodeId}`. */
  operations(): string[] {
    return this.#operations.map((operation) => operation.name);
  }

  /** The operation that a request is; `url` is the path below /v4. */
  operationOf(method: string, url: string): Operation | undefined {
    return this.#operations
      .filter((operation) => operation.name.startsWith(`${method} `) && operation.path.test(url))
      .sort((a, b) => b.literal - a.literal)[0];
  }

  /** Each difference in a short line; none when the answer is as the file says. */
  answerDifferences(method: string, url: string, status: number, body: unknown): string[] {
    const operation = this.operationOf(method, url.replace(/\?.*/, ''));
    if (operation === undefined) return [notInFile(method, url.replace(/\?.*/, ''))];
    const responses = operation.node['responses'] as Record<string, Node>;
    const key = status in responses ? String(status) : 'default';
    if (responses[key] === undefined || (status < 400 && key === 'default'))
      return [`${operation.name}: status ${status} is not in the file`];
    const response = this.#resolve(responses[key], `${operation.pointer}/responses/${key}`);
    const schema = this.#schema(response);
    if (schema === undefined) return [];
    return this.#check('answer', schema, body).map((line) => `${operation.name} ${status}: ${line}`);
  }

  /** The same for a request; `url` may have a query. What is read-only has no place in a request. */
  requestDifferences(method: string, url: string, body: unknown): string[] {
    const [path = '', query = ''] = url.split('?');
    const operation = this.operationOf(method, path);
    if (operation === undefined) return [notInFile(method, path)];
    const node = operation.node['requestBody'] as Node | undefined;
    const schema = node && this.#schema(this.#resolve(node, `${operation.pointer}/requestBody`));
    const lines = [
      ...queryDifferences(operation, query),
      ...(schema !== undefined && body !== undefined ? this.#check('request', schema, body) : []),
      ...(schema === undefined && !isEmpty(body) ? ['a body where the file has none'] : []),
    ];
    return lines.map((line) => `${operation.name} request: ${line}`);
  }

  #resolve(node: Node, pointer: string): { node: Node; pointer: string } {
    const reference = node['$ref'];
    if (typeof reference !== 'string') return { node, pointer };
    return this.#resolve(follow(reference, this.#document), reference);
  }

  #schema({ node, pointer }: { node: Node; pointer: string }): string | undefined {
    const content = node['content'] as Record<string, Node> | undefined;
    return content?.['application/json'] === undefined ? undefined : `${pointer}/content/application~1json/schema`;
  }

  #check(direction: Direction, pointer: string, body: unknown): string[] {
    const reference = `${direction}${pointer.replaceAll('{', '%7B').replaceAll('}', '%7D')}`;
    const validate = this.#validators.get(reference) ?? this.#ajv.compile({ $ref: reference });
    this.#validators.set(reference, validate);
    if (validate(body)) return [];
    return [...new Set((validate.errors ?? []).filter(outright).map(lineOf))];
  }
}

function notInFile(method: string, path: string): string {
  return `${method} ${path.replaceAll(/\d+/g, 'N')}: not in the file`;
}

const isEmpty = (body: unknown): boolean => body === undefined || body === null || JSON.stringify(body) === '{}';

function queryDifferences({ queries }: Operation, query: string): string[] {
  return [...new URLSearchParams(query)].flatMap(([name, value]) => {
    const known = queries.find((candidate) => candidate.name === name);
    if (known === undefined) return [`query ${name} is not in the file`];
    const { minimum = -Infinity, maximum = Infinity } = known.schema ?? {};
    const limited = Number.isFinite(minimum) || Number.isFinite(maximum);
    const within = Number(value) >= minimum && Number(value) <= maximum;
    return limited && !within ? [`query ${name} is ${value}, out of range`] : [];
  });
}

/** What one branch of an alternative finds wrong says nothing: only that no branch fits. */
function outright(error: ErrorObject): boolean {
  return !/\/(oneOf|anyOf)\/\d/.test(error.schemaPath);
}

/** `/data/N/id must be integer`: positions in lists are left out, so that a list of a hundred says a thing once. */
function lineOf(error: ErrorObject): string {
  const at = error.instancePath.replaceAll(/\/\d+/g, '/N');
  if (error.keyword === 'additionalProperties') {
    return `${at}/${String(error.params['additionalProperty'])} is not in the file`;
  }
  if (error.keyword === 'enum') return `${at} is a value that is not in the file`;
  return `${at} ${error.message ?? error.keyword}`;
}
