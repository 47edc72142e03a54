// An S3 store on loopback that keeps its objects in a directory of this host: versitygw, built once by Go, then kept in the cache.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bound, ended } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';
import { goProgram, missingGoProgram } from '../go-program.ts';

const program = goProgram('versitygw', 'github.com/versity/versitygw/cmd/versitygw@v1.8.0');

/** Undefined when it is there or was built now; otherwise why it is not. */
export const missingObjectStore = async (): Promise<string | undefined> => await missingGoProgram(program);

export interface ObjectStore extends AsyncDisposable {
  /** `http://127.0.0.1:7480` */
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Keys of a bucket's objects. */
  objects(bucket: string): Promise<string[]>;
}

/** With one empty bucket. */
export async function startObjectStore(bucket: string): Promise<ObjectStore> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-object-store-'));
  await mkdir(join(folder, bucket));
  const url = `http://127.0.0.1:${await freePort()}`;
  const [accessKey, secretKey] = ['access-key-of-a-test', 'secret-key-of-a-test'];
  const env = { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey };
  const child = bound(spawn(program.binary, ['--port', new URL(url).host, 'posix', folder], { env, stdio: 'ignore' }));
  const end = async (): Promise<void> => {
    await ended(child);
    await rm(folder, { recursive: true });
  };
  for (let attempt = 0; !(await fetch(url).catch(() => undefined)); attempt += 1) {
    if (attempt < 100 && child.exitCode === null) {
      await sleep(100);
      continue;
    }
    await end();
    throw new Error(`versitygw does not answer at ${url}`);
  }
  const objects = async (of: string): Promise<string[]> => {
    const entries = await readdir(join(folder, of), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  };
  return { url, accessKey, secretKey, objects, [Symbol.asyncDispose]: end };
}
