#!/usr/bin/env node
// The command: reads the configuration, listens, and stops gracefully on SIGTERM and SIGINT.
import { ConfigurationError, readConfiguration, type Configuration } from './configuration.ts';
import { Gateway } from './gateway.ts';
import { help } from './help.ts';

const wrongUsage = 64;

function configurationOrExit(): Configuration {
  try {
    return readConfiguration(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(wrongUsage);
  }
}

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(help);
} else {
  const configuration = configurationOrExit();
  const gateway = new Gateway(configuration);
  gateway.server.listen(configuration.port, configuration.host);
}
