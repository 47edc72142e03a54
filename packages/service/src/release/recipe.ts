// What each runtime makes of an artifact: files, what must be done with them in the draft, and the programs that result.
import type { ReleaseFile } from './content.ts';

export interface Recipe {
  readonly files: readonly ReleaseFile[];
  /** What the release depends on beside its files, such as the version of a compiler. */
  readonly hashLines: readonly string[];
  /** Programs that come to be on the machine alone, by their path in the release. */
  readonly made?: readonly string[];
  /** Completes the draft directory, which has the files; runs only for a release that is not there yet. */
  readonly complete?: (draft: string) => Promise<void>;
  /** The start command when the topology has none. */
  readonly command?: readonly string[];
}
