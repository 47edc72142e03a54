// A Go release: the programs of a module, built here for the machines without C, beside the files that are not Go.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReleaseFile } from './content.ts';
import type { Recipe } from './recipe.ts';
import { refusal } from './release-error.ts';
import { quoted, runTool } from './run-tool.ts';

const environment = { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: 'amd64', GOWORK: 'off' };
/** Nothing of this machine's paths, times or version control enters the program. */
const build = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid='];

const isSource = (path: string): boolean => path.endsWith('.go') || /^(?:go\.(?:mod|sum|work)|vendor\/.*)$/.test(path);

/** Errors: `release-artifact` without go.mod; `release-tool` without go; on completion `release-artifact` when it does not build. */
export async function goRecipe(directory: string, files: readonly ReleaseFile[], sourcesHash: string): Promise<Recipe> {
  if (!files.some(({ path }) => path === 'go.mod')) {
    throw refusal('release-artifact', {
      field: 'artifact',
      saw: `no go.mod in ${directory}`,
      allowed: 'a directory with go.mod',
      message: 'service.runtime: go builds a module',
      remedy: 'go mod init there; or name a directory with a built program and set service.runtime: binary',
    });
  }
  const { stdout } = await runTool('go', ['env', 'GOVERSION'], { cwd: directory, environment });
  return {
    files: files.filter(({ path }) => !isSource(path)),
    hashLines: [`go ${stdout.trim()} ${build.join(' ')}`, `sources ${sourcesHash}`],
    complete: async (draft) => compile(directory, join(draft, 'bin')),
  };
}

async function compile(directory: string, target: string): Promise<void> {
  const run = await runTool('go', [...build, '-o', `${target}/`, './...'], { cwd: directory, environment });
  const programs = await readdir(target).catch(() => []);
  if (run.code === 0 && programs.length > 0) return;
  throw refusal('release-artifact', {
    field: 'artifact',
    saw: run.code === 0 ? `no package main in ${directory}` : `go build ended with exit code ${run.code}`,
    allowed: 'a module that builds without C (CGO_ENABLED=0) and has a package main',
    message: 'there is no program to start',
    remedy: run.code === 0 ? 'add one' : `mend it. go says:\n${quoted(run)}`,
  });
}
