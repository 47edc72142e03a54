// The JSON Schema of the topology file, for editors.
import { z } from 'zod';
import { topologyFile } from './schema.ts';

/** Name of the schema's file beside a topology, which the topology's first line refers to. */
export const schemaFileName = 'topology.schema.json';

/** JSON Schema, draft 2020-12, with descriptions, defaults and examples. */
export function topologyJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(topologyFile, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'Understudy topology', ...schema };
}
