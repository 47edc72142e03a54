// The workload of the installed tool over a run folder with a plan.json, and the reports over a finished one. Prints JSON.
//   load.mjs PROOF_MODULE RUN_FOLDER FINISHED_RUN_FOLDER
import { setTimeout as sleep } from 'node:timers/promises';

const [proof = '', folder = '', finished = ''] = process.argv.slice(2);
const { startWorkload, writeReports } = await import(proof);

const workload = startWorkload(folder);
workload.died.catch((error) => {
  console.error(error);
  process.exit(1);
});
while ((workload.stats()?.total ?? 0) < 20) await sleep(50);
const end = await workload.stop(30_000);
await writeReports(finished);
console.log(JSON.stringify({ total: workload.stats().total, failed: workload.stats().failed, ended: end !== null }));
