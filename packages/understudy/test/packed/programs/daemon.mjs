// The installed lab's background process over simulated hardware: started, asked, ended. Prints what it answered as JSON.
//   daemon.mjs FOLDER
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labEndpoint, startDaemon, stopDaemon } from '@understudy/lab';

const base = process.argv[2] ?? '';
const ports = { apiPort: 0, metadataPort: 0, packagePort: 0, namePort: 0 };
const places = { stateDirectory: join(base, 'state'), runDirectory: join(base, 'run'), ...ports };
const token = 'a-token-for-the-daemon';
const config = { ...places, token, imageRoots: {}, hardware: 'simulated', cacheDirectory: join(base, 'cache') };
await mkdir(places.runDirectory, { recursive: true });
await writeFile(join(places.runDirectory, 'daemon.json'), JSON.stringify(config));
await startDaemon(places, config);
const { apiUrl, pid } = await labEndpoint(places);
const answer = await fetch(`${apiUrl}/linode/instances`, { headers: { authorization: `Bearer ${token}` } });
const { results } = await answer.json();
await stopDaemon(places);
// The process is this one's child: for a moment after its end it is there without a command line.
const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
console.log(JSON.stringify({ status: answer.status, results, alive: commandLine !== '' }));
