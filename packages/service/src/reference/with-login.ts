// The OpenAPI document of a service that asks its callers for a credential: the scheme, the scope of each operation, and the two refusals.
import { neededFor } from '../auth/index.ts';
import { openApi } from './openapi.ts';

type Operation = Readonly<Record<string, unknown>> & { readonly responses: Readonly<Record<string, unknown>> };

const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const refusals = {
  '401': { description: 'The credential is missing or wrong; `reason` says why.', content: problem },
  '403': { description: 'The credential lacks the scope.', content: problem },
};

/** `isPublic`: everybody may call, and nothing is added. */
export function openApiFor(isPublic: boolean): typeof openApi | object {
  if (isPublic) return openApi;
  const paths = Object.entries(openApi.paths).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [
        method,
        withLogin(method, path, operation as Operation),
      ]),
    ),
  ]);
  const securitySchemes = { bearer: { type: 'http', scheme: 'bearer', description: 'A key `us_…`, or a token.' } };
  return {
    ...openApi,
    paths: Object.fromEntries(paths) as object,
    components: { ...openApi.components, securitySchemes },
  };
}

function withLogin(method: string, path: string, operation: Operation): object {
  const needed = neededFor(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'));
  if (needed === 'open' || needed === undefined) return operation;
  const scopes = needed === 'any' ? [] : [needed];
  return { ...operation, security: [{ bearer: scopes }], responses: { ...operation.responses, ...refusals } };
}
