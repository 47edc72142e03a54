// Releases: directories that a service machine runs as they are, named by the hash of what is in them.
export {
  buildProgramRelease,
  buildRelease,
  type BuildOptions,
  type ProgramOptions,
  type Release,
  type Runtime,
} from './build.ts';
export { locateProgram, type ProgramSearch } from './programs.ts';
export type { PythonTarget } from './python/index.ts';
export { ReleaseError, type ReleaseProblem } from './release-error.ts';
