// From text to a Topology, or to the list of everything that is wrong with it.
import { readDocument, type Locate, type Position } from './document.ts';
import type { Topology } from './model.ts';
import { TopologyError, type Problem } from './problem.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusals.ts';
import { resolveTopology } from './resolve.ts';
import { topologyFile } from './schema.ts';
import { shapeProblems, shown } from './shape.ts';

/** Where the fields of a parsed topology are, for checks that come later (a region that lacks what is asked). */
const places = new WeakMap<Topology, Locate>();

/**
 * Parses and completes a topology file. `path` is its path: relative paths in it count from its folder, and errors name it.
 * Throws TopologyError (`topology-invalid`) with every problem found.
 */
export function parseTopology(text: string, { path }: { readonly path: string }): Topology {
  const reading = readDocument(text);
  if (!reading.ok) throw new TopologyError(path, reading.problems);
  const { value, locate } = reading;
  const parsed = topologyFile.safeParse(value);
  if (!parsed.success) throw new TopologyError(path, inOrder(shapeProblems(parsed.error.issues, value, locate)));
  const refused = refusals(parsed.data).map((refusal) => placed(refusal, value, locate));
  if (refused.length > 0) throw new TopologyError(path, inOrder(refused));
  const topology = resolveTopology(parsed.data, path);
  places.set(topology, locate);
  return topology;
}

/** What is wrong with a field, in the words of a later check, at the field's place in the file when that is known. */
export function problemAt(
  topology: Topology,
  path: readonly (string | number)[],
  words: Pick<Problem, 'saw' | 'allowed' | 'message' | 'remedy'>,
): Problem {
  const place: Position | undefined = places.get(topology)?.(path);
  return { field: path.join('.'), ...place, ...words };
}

function placed({ path, saw, ...words }: Refusal, file: unknown, locate: Locate): Problem {
  const value = path.reduce<unknown>((here, key) => (here as Record<string, unknown> | undefined)?.[key], file);
  return { field: path.join('.'), ...locate(path), saw: saw ?? shown(value), ...words };
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
