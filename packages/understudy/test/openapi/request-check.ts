// Checks requests against Linode's own OpenAPI file; answers are checked by specification.ts. The file is big and belongs to Linode, so it is not part of
// this repository: where it is absent, `linodeSpec()` is undefined and tests skip with `specAbsent` as the reason.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { follow, requestSchema, type Json } from './request-schema.ts';

export const specAbsent =
  "Linode's OpenAPI file is not here; set UNDERSTUDY_OPENAPI to the path of openapi.yaml from github.com/linode/linode-api-docs";

interface Exchange {
  readonly method: string;
  /** Below the version: `/linode/instances/1`, with or without a query. */
  readonly url: string;
}

export interface LinodeSpec {
  /** `/linode/instances/{linodeId}` for a path; undefined when the file has no such operation. */
  operationOf(exchange: Exchange): string | undefined;
  /** What is wrong with a request, one line each; empty when it is valid. */
  requestProblems(exchange: Exchange & { readonly body?: unknown }): string[];
}

/** The environment's file, or one beside the project. */
function specPath(): string | undefined {
  const given = process.env['UNDERSTUDY_OPENAPI'];
  if (given !== undefined && given !== '') return given;
  const projectRoot = fileURLToPath(new URL('../../../../', import.meta.url));
  return globSync('../*/linode/openapi-*.yaml', { cwd: projectRoot })
    .map((found) => resolve(projectRoot, found))
    .sort()
    .at(-1);
}

let loaded: { readonly spec: LinodeSpec | undefined } | undefined;

/** Read once for each process; it takes some seconds. */
export function linodeSpec(): LinodeSpec | undefined {
  const path = loaded === undefined ? specPath() : undefined;
  loaded ??= {
    spec: path === undefined ? undefined : specFrom(parse(readFileSync(path, 'utf8'), { maxAliasCount: -1 }) as Json),
  };
  return loaded.spec;
}

function specFrom(document: Json): LinodeSpec {
  const paths = document['paths'] as Record<string, Record<string, Json>>;
  const matchers = Object.keys(paths)
    .map((template) => ({
      template,
      pattern: patternOf(template),
      fixed: template.replaceAll(/\{[^}]*\}/g, '').length,
    }))
    // A literal segment wins over a parameter.
    .sort((a, b) => b.fixed - a.fixed);
  // Linode's patterns are not all valid with the u flag, and its formats are its own.
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, validateFormats: false, logger: false });
  const compiled = new Map<string, ValidateFunction | undefined>();

  const operationAt = ({ method, url }: Exchange) => {
    const path = url.split('?')[0] ?? '';
    const found = matchers.find(
      ({ template, pattern }) => pattern.test(path) && paths[template]?.[method.toLowerCase()],
    );
    return found && { template: found.template, operation: paths[found.template]?.[method.toLowerCase()] as Json };
  };
  const validatorOf = (key: string, holder: unknown) => {
    if (!compiled.has(key)) {
      const content = (follow(document, holder) as { content?: Record<string, { schema?: unknown }> } | undefined)
        ?.content;
      const schema = content?.['application/json']?.schema;
      compiled.set(key, schema === undefined ? undefined : ajv.compile(requestSchema(document, schema)));
    }
    return compiled.get(key);
  };
  return {
    operationOf: (exchange) => operationAt(exchange)?.template.replace('/{apiVersion}', ''),
    requestProblems: (exchange) => {
      const found = operationAt(exchange);
      if (found === undefined) return ['no such operation'];
      const { template, operation } = found;
      const queryProblems = unknownQuery(
        document,
        [paths[template]?.['parameters'], operation['parameters']],
        exchange.url,
      );
      if (exchange.body === undefined) return queryProblems;
      const validate = validatorOf(`${exchange.method} ${template}`, operation['requestBody']);
      if (validate === undefined)
        return isEmpty(exchange.body) ? queryProblems : [...queryProblems, 'a body where none is documented'];
      return [...queryProblems, ...problemsOf(validate, exchange.body)];
    },
  };
}

const isEmpty = (body: unknown) => typeof body === 'object' && body !== null && Object.keys(body).length === 0;

function patternOf(template: string): RegExp {
  const path = template.replace('/{apiVersion}', '');
  return new RegExp(`^${path.replaceAll(/\{[^}]*\}/g, '[^/]+')}$`);
}

function unknownQuery(document: Json, parameters: readonly unknown[], url: string): string[] {
  const known = parameters
    .flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
    .map((parameter) => follow(document, parameter) as { in: string; name: string; schema?: unknown })
    .filter((parameter) => parameter.in === 'query');
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  return [...query].flatMap(([name, value]) => {
    const parameter = known.find((candidate) => candidate.name === name);
    if (parameter === undefined) return [`query ${name}: not documented`];
    const limits = follow(document, parameter.schema) as { minimum?: number; maximum?: number } | undefined;
    const within = Number(value) >= (limits?.minimum ?? -Infinity) && Number(value) <= (limits?.maximum ?? Infinity);
    return limits?.minimum === undefined || within ? [] : [`query ${name}: ${value} is out of range`];
  });
}

function problemsOf(validate: ValidateFunction, value: unknown): string[] {
  return validate(value) ? [] : (validate.errors ?? []).map(describe);
}

function describe({ instancePath, message, params, keyword }: ErrorObject): string {
  const where = instancePath === '' ? 'body' : instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties') return `${where}: ${String(params['additionalProperty'])} is not documented`;
  const allowed = keyword === 'enum' ? ` (${(params['allowedValues'] as unknown[]).join(', ')})` : '';
  return `${where}: ${message ?? keyword}${allowed}`;
}
