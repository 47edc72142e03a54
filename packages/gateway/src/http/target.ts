// The target of a request: only a path of this very server. It is passed on as it came, or refused; it is never made canonical,
// because the engine would then see another path than the one that was judged.

export interface Target {
  readonly path: string;
  /** What follows the question mark; empty when there is none. */
  readonly query: string;
}

/** What an HTTP parser may pass and a request line must not hold; undici refuses them too, with an error of its own. */

const notInTarget = /[\u0000-\u0020\u007f\\#]|[^\u0000-\u00ff]/;
const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|%2f|$)|%5c|(?:%2f)(?:\.|%2e){1,2}/i;

/** The parts of a target, or why it is refused. `isPrefixed`: a node has a prefix of every path, which must not be left. */
export function readTarget(url: string, isPrefixed: boolean): Target | { readonly refused: string } {
  if (url.charCodeAt(0) !== 0x2f)
    return { refused: `its target is '${url.slice(0, 60)}'; a target is a path that begins with a slash` };
  if (notInTarget.test(url))
    return { refused: 'its target has a backslash, a fragment, or a character that is to be encoded' };
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (isPrefixed && dotSegment.test(path))
    return { refused: 'its path has a dot segment, which could leave the prefix of the path of a node' };
  return { path, query: mark < 0 ? '' : url.slice(mark + 1) };
}
