// Programs of this project as files of a release, without the Node that runs them: `bin/node service.mjs`.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ReleaseFile } from './content.ts';
import { ReleaseError } from './release-error.ts';

const servicePackage = fileURLToPath(new URL('../../', import.meta.url));
/** The service's source in a clone, its compiled form in an installed package. */
const program = fileURLToPath(import.meta.resolve('#main'));

/** service.mjs and index-template.json. */
export async function bundleFiles(): Promise<ReleaseFile[]> {
  return [
    { path: 'index-template.json', executable: false, from: { path: join(servicePackage, 'index-template.json') } },
    { path: 'service.mjs', executable: false, from: await bundle(program) },
  ];
}

/** `entry` is the absolute path of a program, TypeScript or JavaScript, with all that it imports in one file. */
export async function bundle(entry: string): Promise<Uint8Array> {
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      // Comments in the output name files relative to it, and the same program must give the same bytes wherever it lies.
      absWorkingDir: dirname(dirname(entry)),
      write: false,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node22.19',
      conditions: entry.endsWith('.ts') ? ['understudy-source'] : [],
      legalComments: 'none',
      logLevel: 'silent',
      // Bundled CommonJS modules ask for Node's own modules with require, which an ES module lacks.
      banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    });
    return (outputFiles[0] as { contents: Uint8Array }).contents;
  } catch (error) {
    throw new ReleaseError('release-bundle', `${entry} could not be bundled: ${(error as Error).message}`, error);
  }
}
