// Releases: directories that a service machine runs as they are, named by the hash of what is in them.
export { buildRelease, type BuildOptions, type Release } from './build.ts';
export { ReleaseError } from './release-error.ts';
