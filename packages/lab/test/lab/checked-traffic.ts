// The requests and answers between the tool and the lab in a test with real machines, checked against Linode's OpenAPI file.
import { unexplained } from '../openapi/explained-differences.ts';
import { Specification, specificationFile } from '../openapi/specification.ts';

export interface CheckedTraffic {
  /** How many requests were answered. */
  exchanges(): number;
  /** What is in no table of explained differences; empty when all is as the file says. */
  unexplained(): readonly string[];
}

/** Checks every call of the API that this process makes from now on. Undefined where the file is not there. */
export function checkTraffic(): CheckedTraffic | undefined {
  const file = specificationFile();
  if (file === undefined) return undefined;
  const specification = new Specification(file);
  const differences = new Set<string>();
  let exchanges = 0;
  const plain = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await plain(input, init);
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    if (!pathname.startsWith('/v4/')) return response;
    exchanges += 1;
    const [method, url] = [init?.method ?? 'GET', `${pathname.slice('/v4'.length)}${search}`];
    const answer: unknown = await response.clone().json();
    const sent: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    // A request that was refused may have been wrong on purpose; its answer is checked all the same.
    for (const line of [
      ...specification.answerDifferences(method, url, response.status, answer),
      ...(response.ok ? specification.requestDifferences(method, url, sent) : []),
    ])
      differences.add(line);
    return response;
  };
  return { exchanges: () => exchanges, unexplained: () => unexplained([...differences]) };
}
