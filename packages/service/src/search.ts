// A search with its highlights. The engine refuses a whole search that should highlight a document beyond its limit of
// characters, so such a document is found without highlights. The parameter that would limit it has another name in each engine.
import { EngineError, type Engine, type Hit } from './engine.ts';
import { highlightBody, searchBody, type SearchRequest } from './search-request.ts';

/** `index.highlight.max_analyzed_offset` as both engines have it by default: UTF-16 code units of one field. */
const mostCharacters = 1_000_000;

type SearchEngine = Pick<Engine, 'search'>;
type SearchOptions = NonNullable<Parameters<Engine['search']>[1]>;

export async function search(
  engine: SearchEngine,
  request: SearchRequest,
  options: SearchOptions,
): Promise<readonly Hit[]> {
  if (!request.highlight) return await engine.search(searchBody(request), options);
  return (
    (await unlessRefused(engine.search(searchBody(request), options))) ??
    (await highlightedWherePossible(engine, request, options))
  );
}

/** The hits first, then the highlights of those that are short enough. */
async function highlightedWherePossible(
  engine: SearchEngine,
  request: SearchRequest,
  options: SearchOptions,
): Promise<readonly Hit[]> {
  const hits = await engine.search(searchBody({ ...request, highlight: false }), options);
  const ids = hits.filter(isShort).map(({ _id }) => _id);
  if (ids.length === 0) return hits;
  // Refused once more where the index has a lower limit of its own: then no hit has highlights.
  const marked = (await unlessRefused(engine.search(highlightBody(request, ids), options))) ?? [];
  const highlights = new Map(marked.map((hit) => [hit._id, hit['highlight']]));
  return hits.map((hit) => {
    const highlight = highlights.get(hit._id);
    return highlight === undefined ? hit : { ...hit, highlight };
  });
}

function isShort({ _source }: Hit): boolean {
  const content = (_source as { content?: unknown } | undefined)?.content;
  return typeof content === 'string' && content.length <= mostCharacters;
}

async function unlessRefused(hits: Promise<readonly Hit[]>): Promise<readonly Hit[] | undefined> {
  try {
    return await hits;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'refused') return undefined;
    throw error;
  }
}
