// The start of every process of the service: the first one is the supervisor, the others are its workers.
import { existsSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { parseKeys } from './auth/index.ts';
import { ConfigurationError, readConfiguration, type Configuration } from './configuration.ts';
import { prepareQueueDirectory } from './queue/write-queue.ts';
import { Supervisor } from './supervisor.ts';
import { runWorker } from './worker.ts';

/** https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Process%20Exit%20Codes: EX_CONFIG */
const badConfiguration = 78;

function configurationOrExit(): Configuration {
  try {
    return readConfiguration(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(badConfiguration);
  }
}

async function queueDirectoryOrExit({ queue }: Configuration): Promise<void> {
  if (queue === undefined) return;
  try {
    await prepareQueueDirectory(queue.directory);
  } catch (error) {
    process.stderr.write(
      `The service cannot keep a queue in QUEUE_DIR ${queue.directory}: ${(error as Error).message}\n`,
    );
    process.exit(badConfiguration);
  }
}

/** A worker would end at once, and be started again and again. */
function keysOrExit({ auth: { keysFile } }: Configuration): void {
  if (keysFile === undefined) return;
  try {
    parseKeys(readFileSync(keysFile, 'utf8'));
  } catch (error) {
    const text = `The service cannot read its keys in AUTH_KEYS_FILE ${keysFile}: ${(error as Error).message}`;
    process.stderr.write(`${text}\n`);
    process.exit(badConfiguration);
  }
}

async function supervise(configuration: Configuration): Promise<void> {
  keysOrExit(configuration);
  await queueDirectoryOrExit(configuration);
  const logger = pino({ level: configuration.logLevel, base: { role: 'supervisor' } });
  const supervisor = new Supervisor({
    configuration,
    logger,
    entry: process.argv[1] as string,
    execArgv: process.execArgv,
  });
  const skipDrain = new AbortController();
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) {
      skipDrain.abort();
      return;
    }
    stopping = true;
    const { drainMs, drainedFile } = configuration;
    if (drainedFile !== undefined && existsSync(drainedFile)) {
      logger.info({ signal, drainedFile }, 'stopping without a wait: this machine was drained');
      skipDrain.abort();
    } else logger.info({ signal, drainMs }, 'stopping; a second signal skips the wait');
    void supervisor.stop(skipDrain.signal).then(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    await supervisor.start();
  } catch (error) {
    const { host, port } = configuration;
    process.stderr.write(`The service cannot listen on ${host} port ${port}: ${(error as Error).message}\n`);
    process.exit(1);
  }
}

const configuration = configurationOrExit();
if (process.argv[2] === 'worker') {
  await runWorker(configuration, pino({ level: configuration.logLevel, base: { role: 'worker', pid: process.pid } }));
} else {
  await supervise(configuration);
}
