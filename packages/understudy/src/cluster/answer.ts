// Reading the engine's answers: a status that is not the expected one is an error that quotes the engine's own reason.
import { z } from 'zod';
import { UnderstudyError } from '@understudy/foundation';
import type { EngineAnswer } from './transport.ts';

const failure = z.object({ error: z.object({ type: z.string().optional(), reason: z.string().nullish() }) });

/** The engine's error type, such as `resource_already_exists_exception`. */
export function errorType(answer: EngineAnswer): string | undefined {
  const read = failure.safeParse(answer.body);
  return read.success ? read.data.error.type : undefined;
}

/** The engine's words on why it refused. */
export function errorReason(answer: EngineAnswer): string {
  const read = failure.safeParse(answer.body);
  return read.success ? (read.data.error.reason ?? '') : '';
}

/** Answers of a node that knows of no elected node, in either engine. */
const noMasterTypes = ['master_not_discovered_exception', 'cluster_manager_not_discovered_exception'];

/** Error: `cluster-refused` with the status and the engine's reason; `cluster-no-master` when no master is elected. */
export function refused(answer: EngineAnswer, what: string): UnderstudyError {
  const read = failure.safeParse(answer.body);
  const reason = read.success ? (read.data.error.reason ?? read.data.error.type) : undefined;
  const type = errorType(answer);
  return new UnderstudyError(
    noMasterTypes.includes(type ?? '') ? 'cluster-no-master' : 'cluster-refused',
    `${answer.node} refused to ${what}: HTTP ${answer.status}${reason ? `, ${reason}` : ''}.`,
    { facts: { node: answer.node, status: answer.status, type } },
  );
}

/** The body, checked. Errors: `cluster-refused`, `cluster-unexpected-answer`. */
export function expectBody<Body>(answer: EngineAnswer, schema: z.ZodType<Body>, what: string): Body {
  if (answer.status >= 300) throw refused(answer, what);
  const read = schema.safeParse(answer.body);
  if (read.success) return read.data;
  throw new UnderstudyError(
    'cluster-unexpected-answer',
    `${answer.node} sent an unexpected response when asked to ${what}: ${z.prettifyError(read.error)}`,
    { facts: { node: answer.node, status: answer.status } },
  );
}
