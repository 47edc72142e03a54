import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../../src/region/api/answer.ts';
import { ordered, parseFilter } from '../../../src/region/api/filter.ts';

const items = [
  {
    id: 1,
    label: 'search-1',
    tags: ['demo', 'search'],
    entity: { id: 7, type: 'linode' },
    created: '2026-01-01T00:00:00',
  },
  { id: 2, label: 'search-2', tags: ['demo'], entity: { id: 8, type: 'linode' }, created: '2026-01-03T00:00:00' },
  { id: 3, label: 'service-1', tags: [], entity: { id: 9, type: 'vpc' }, created: '2026-01-02T00:00:00' },
];
const fields = new Set(['id', 'label', 'tags', 'entity.id', 'entity.type', 'created']);

function select(filter: unknown): number[] {
  const parsed = parseFilter(JSON.stringify(filter), fields);
  return ordered(
    items.filter((item) => parsed.matches(item)),
    parsed,
  ).map((item) => item['id'] as number);
}

suite('X-Filter', () => {
  const cases: [string, unknown, number[]][] = [
    ['nothing selects everything', {}, [1, 2, 3]],
    ['a value must be equal', { label: 'search-1' }, [1]],
    ['several fields must all fit', { tags: 'demo', label: 'search-2' }, [2]],
    ['a list is matched by any of its members', { tags: 'search' }, [1]],
    ['dotted names reach into objects', { 'entity.id': 8 }, [2]],
    ['nested objects do as well', { entity: { type: 'linode', id: 7 } }, [1]],
    ['+or takes either', { '+or': [{ id: 1 }, { id: 3 }] }, [1, 3]],
    ['+and takes both, and nests', { '+and': [{ tags: 'demo' }, { '+or': [{ id: 2 }, { id: 3 }] }] }, [2]],
    ['+gt and +lt compare numbers', { id: { '+gt': 1, '+lt': 3 } }, [2]],
    ['+gte and +lte include the bound', { id: { '+gte': 2, '+lte': 3 } }, [2, 3]],
    ['+gte compares times', { created: { '+gte': '2026-01-02T00:00:00' } }, [2, 3]],
    ['+neq takes the others', { label: { '+neq': 'search-1' } }, [2, 3]],
    ['+contains ignores case', { label: { '+contains': 'SEARCH' } }, [1, 2]],
    ['+order_by sorts', { '+order_by': 'created' }, [1, 3, 2]],
    ['+order desc sorts backwards', { '+order_by': 'created', '+order': 'desc' }, [2, 3, 1]],
  ];
  for (const [name, filter, expected] of cases) test(name, () => assert.deepEqual(select(filter), expected));

  const refused: [unknown, string][] = [
    [{ foo: 1 }, 'Cannot filter on foo'],
    [{ entity: { name: 'x' } }, 'Cannot filter on entity.name'],
    [{ label: { '+like': 'x' } }, 'Unknown operator +like'],
    [{ '+order_by': 'colour' }, 'Cannot order by "colour"'],
    [[], 'X-Filter must be a JSON object'],
  ];
  for (const [filter, reason] of refused) {
    test(`${JSON.stringify(filter)} is refused`, () => {
      assert.throws(
        () => select(filter),
        (error) =>
          error instanceof ApiError &&
          error.status === 400 &&
          error.reasons[0]?.reason === reason &&
          error.reasons[0].field === 'X-Filter',
      );
    });
  }

  test('+and of conditions selects what their filters select one after another', () => {
    const condition = fc.oneof(
      fc.record({ id: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ id: fc.record({ '+gt': fc.integer({ min: 0, max: 4 }) }) }),
      fc.record({ tags: fc.constantFrom('demo', 'search', 'none') }),
    );
    fc.assert(
      fc.property(condition, condition, (left, right) => {
        const both = select(left).filter((id) => select(right).includes(id));
        assert.deepEqual(select({ '+and': [left, right] }), both);
        assert.deepEqual(
          select({ '+or': [left, right] }).sort(),
          [...new Set([...select(left), ...select(right)])].sort(),
        );
      }),
    );
  });
});
