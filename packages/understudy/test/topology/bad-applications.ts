// Refused topologies of applications that are not the built-in service (their indices, how drills use them), and of drills.
import { extended, withSearch, whole, type BadTopology } from './bad-topologies.ts';

const write = "write: { path: /index, body: { id: '{id}', text: '{content}' } }";
const stored = 'stored: { content: /text }';
const workload = (title: string, parts: string, field: string, says: RegExp) =>
  extended(title, `drills:\n  workload: { ${parts} }\n`, `drills.workload${field}`, 6, says);

export const badApplications: readonly BadTopology[] = [
  whole('two ways to name indices', withSearch('index: {}, indices: [{}]'), 'search.indices', 3, /short form/),
  whole('two indices of one name', withSearch('indices: [{}, {}]'), 'search.indices.1.name', 3, /share a name/),
  whole(
    'as many replicas as machines in a list',
    withSearch('indices: [{}, { name: b, replicas: 3 }]'),
    'search.indices.1.replicas',
    3,
    /set 2 or fewer/,
  ),
  whole(
    'an alias like an index',
    withSearch('index: { name: a, aliases: [a] }'),
    'search.index.aliases.0',
    3,
    /rename/,
  ),
  whole('an alias that is no name', withSearch('index: { aliases: [A] }'), 'search.index.aliases.0', 3, /another name/),
  extended(
    'a passive check of some kind',
    'balancer: { check: { passive: often } }\n',
    'balancer.check.passive',
    5,
    /boolean/,
  ),
  workload('nothing to send', stored, '', /send nothing/),
  workload(
    'reads of what was never written',
    `get: { path: '/d/{id}', content: '' }, search: { path: '/s?q={word}' }, ${stored}`,
    '.get',
    /describe write/,
  ),
  workload('no way to know what is stored', write, '.stored', /required/),
  workload(
    'a write without a content',
    `write: { path: /index, body: { id: '{id}' } }, ${stored}`,
    '.write.path',
    /\{content\}/,
  ),
  workload(
    'a write without an id',
    `write: { path: /index, body: { text: '{content}' } }, ${stored}`,
    '.write.path',
    /\{id\}/,
  ),
  workload(
    "a placeholder of one's own",
    `write: { path: '/index/{id}', body: { a: ['{content}', '{body}'] } }, ${stored}`,
    '.write.body.a.1',
    /fills it in/,
  ),
  workload('a search for nothing', `search: { path: /search }, ${stored}`, '.search.path', /\{word\}/),
  workload('a GET with a body', `search: { path: /search, body: { q: '{word}' } }, ${stored}`, '.search.body', /POST/),
  workload(
    'a method of deletion',
    `write: { method: DELETE, path: /index, body: {} }, ${stored}`,
    '.write.method',
    /leave it out for POST/,
  ),
  workload('a path without a slash', `${write.replace('/index', 'index')}, ${stored}`, '.write.path', /placeholders/),
  workload('a place that is no pointer', `${write}, stored: { content: data.text }`, '.stored.content', /after a \//),
  workload(
    'a status that acknowledges and rejects',
    `${write.replace('body:', 'acknowledged: [200, 422], body:')}, ${stored}`,
    '.write.rejected',
    /which of the two/,
  ),
  workload(
    'a status that is none',
    `${write.replace('body:', 'acknowledged: [2000], body:')}, ${stored}`,
    '.write.acknowledged.0',
    /above 599|below/,
  ),
  // Drills.
  extended(
    'a goal that is none',
    'drills:\n  goals:\n    noop:\n      longestGapMs: 5\n',
    'drills.goals.noop.longestGapMs',
    8,
    /did you mean|remove/,
  ),
  extended(
    'a ratio above one',
    'drills:\n  goals:\n    noop: { clientErrorRatio: 5 }\n',
    'drills.goals.noop.clientErrorRatio',
    7,
    /above 1/,
  ),
  extended(
    'a snapshot of no age',
    'drills: { snapshot: { maxAgeHours: 0 } }\n',
    'drills.snapshot.maxAgeHours',
    5,
    /leave it out/,
  ),
  extended(
    'a word where true or false belongs',
    'drills: { allowSelfPowerCut: sometimes }\n',
    'drills.allowSelfPowerCut',
    5,
    /true or false|not a boolean/,
  ),
];
