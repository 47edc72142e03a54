// The JSON Schema of the topology file, for editors.
import { z } from 'zod';
import { topologyFile } from './schema.ts';

/** JSON Schema, draft 2020-12, with descriptions, defaults and examples. */
export function topologyJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(topologyFile, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'Understudy topology', ...schema };
}
