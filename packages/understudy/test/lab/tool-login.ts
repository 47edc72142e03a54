// What a test's own requests log in to the service with: the key of the tool.
import type { Session } from '../../src/operation/index.ts';

export function toolLogin({ serviceKeys }: Pick<Session, 'serviceKeys'>): Readonly<Record<string, string>> {
  return serviceKeys === undefined ? {} : { authorization: `Bearer ${serviceKeys.toolKey.reveal()}` };
}
