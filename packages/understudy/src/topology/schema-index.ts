// An index of the topology file: its name, copies, template and aliases.
import { z } from 'zod';
import { field } from './field.ts';

const indexName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]*$/)
  .max(255);
const nameText = {
  allowed: 'lower-case letters, digits, `-`, `_` and `.`, first a letter or digit, 255 at most',
  remedy: 'choose another name, such as documents',
} as const;

export const index = z.strictObject({
  name: field(indexName.default('documents'), { about: 'Name of the index.', ...nameText }),
  shards: field(z.int().min(1).max(1024).default(3), {
    about: 'Primary shards. More than one, so that the loss of a machine interrupts only a part of the writes.',
    allowed: 'a whole number from 1 to 1024',
    remedy: 'take the number of search machines',
  }),
  replicas: field(z.int().min(1).max(100).default(1), {
    about: 'Copies of each shard in addition to the primary; with one, no data is lost when one machine fails.',
    allowed: 'a whole number from 1, below search.nodes',
    remedy: 'set 1: without a replica the loss of one machine loses documents permanently',
  }),
  durability: field(z.enum(['request', 'async']).default('request'), {
    about:
      'When a write is acknowledged. `request`: after every copy in sync has it on disk. `async`: before that; machines that fail ' +
      'together lose up to 5 s of acknowledged writes.',
    allowed: 'request or async',
    remedy: 'leave it out for request',
  }),
  template: field(z.string().min(1).optional(), {
    about:
      'Where settings and mapping come from. `built-in`: those of the built-in service. `none`: the application makes the index ' +
      'and its mapping itself, and gets shards, replicas and durability from here. Else a file (JSON or YAML, relative to this ' +
      'one) with settings, mappings and aliases. Default: built-in for the built-in service, none for an artifact of your own.',
    examples: ['none', './articles-index.json'],
    allowed: 'built-in, none, or the path of a file',
    remedy: 'leave it out for the default',
  }),
  aliases: field(
    z
      .array(field(indexName, { about: 'A name.', ...nameText }))
      .max(100)
      .default([]),
    {
      about: 'Further names of the index. They are added when they are missing; others that it has are left alone.',
      examples: [['search-articles']],
      allowed: 'a list of names',
      remedy: 'leave it out for none',
    },
  ),
});
