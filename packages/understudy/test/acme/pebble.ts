// Pebble, the small certificate authority of the makers of Let's Encrypt, on loopback: built once by Go from its module, then kept in
// the cache. This process trusts its directory.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { selfSigned } from '../../src/secure/self-signed.ts';
import { ended } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';
import { goProgram, missingGoProgram } from '../go-program.ts';

const program = goProgram('Pebble', 'github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.3');

/** Undefined when Pebble is there or was built now; otherwise why it is not. */
export const pebbleMissing = async (): Promise<string | undefined> => await missingGoProgram(program);

export interface Pebble extends AsyncDisposable {
  readonly directoryUrl: string;
  /** The certificate that its clients' browsers would trust, PEM. */
  root(): Promise<string>;
}

/** Of every Pebble of this process, since Node keeps one list of trusted certificates for its connections. */
const ownIdentity = selfSigned('localhost', '127.0.0.1', Date.now()).then((identity) => {
  setDefaultCACertificates([...getCACertificates('default'), identity.certificatePem]);
  return identity;
});

export interface PebbleOptions {
  /** Percent of the good ones; default 0. */
  readonly rejectedNonces?: number;
  /** Where it asks for the files of http-01; default 80, as every authority. */
  readonly httpPort?: number;
}

/** `nameServer`: whom it asks for records and addresses. */
export async function startPebble(
  nameServer: string,
  { rejectedNonces = 0, httpPort = 80 }: PebbleOptions = {},
): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-pebble-'));
  const { certificatePem, keyPem } = await ownIdentity;
  const [certificate, privateKey] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await writeFile(certificate, certificatePem);
  await writeFile(privateKey, keyPem.reveal());
  const [port, management] = [await freePort(), await freePort()];
  const pebble = {
    ...{ listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${management}` },
    ...{ certificate, privateKey, httpPort, tlsPort: 5001, domainBlocklist: ['blocked.example.org'] },
    profiles: { default: { description: 'ninety days', validityPeriod: 7_776_000 } },
  };
  const config = join(folder, 'pebble.json');
  await writeFile(config, JSON.stringify({ pebble }));
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: String(rejectedNonces) };
  const child = spawn(program.binary, ['-config', config, '-dnsserver', nameServer, '-strict'], {
    env,
    stdio: 'ignore',
  });
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  const end = async (): Promise<void> => {
    await ended(child);
    await rm(folder, { recursive: true });
  };
  try {
    await answers(directoryUrl);
  } catch (error) {
    await end();
    throw error;
  }
  const root = async (): Promise<string> => await (await fetch(`https://127.0.0.1:${management}/roots/0`)).text();
  return { directoryUrl, root, [Symbol.asyncDispose]: end };
}

async function answers(url: string): Promise<void> {
  let last: unknown;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      last = error;
      await setTimeout(100);
    }
  }
  throw new Error(`Pebble does not answer at ${url}`, { cause: last });
}
