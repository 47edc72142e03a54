#!/usr/bin/env node
// The command: reads the configuration, listens, and stops gracefully on SIGTERM and SIGINT.
import { readFileSync } from 'node:fs';
import { ClientError } from '@understudy/client/forward';
import { ConfigurationError, readConfiguration, type Configuration } from './configuration.ts';
import { Gateway } from './gateway.ts';
import { help } from './help.ts';
import { givenDescriptor, listen } from './listen.ts';

const wrongUsage = 64;
const failed = 70;

function exitWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function configurationOrExit(): Configuration {
  try {
    return readConfiguration(process.argv.slice(2), process.env);
  } catch (error) {
    if (error instanceof ConfigurationError) exitWith(wrongUsage, error.message);
    throw error;
  }
}

function gatewayOrExit(configuration: Configuration): Gateway {
  try {
    return new Gateway(configuration);
  } catch (error) {
    if (error instanceof ConfigurationError) exitWith(wrongUsage, error.message);
    const isConfiguration = error instanceof ClientError || (error as NodeJS.ErrnoException).code !== undefined;
    if (isConfiguration) exitWith(wrongUsage, `The gateway cannot start: ${(error as Error).message}`);
    throw error;
  }
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

function say(line: object): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
}

function isNews(state: string): boolean {
  return state === 'down' || state === 'isolated';
}

async function run(): Promise<void> {
  const configuration = configurationOrExit();
  const { host, port } = configuration;
  const gateway = gatewayOrExit(configuration);
  gateway.forwarder.on('node', (event) => {
    // A slow answer makes a node suspect for a moment; that is no news.
    if (isNews(event.from) || isNews(event.to)) say({ event: 'node', ...event });
  });
  gateway.forwarder.on('breaker', (event) => say({ event: 'breaker', ...event }));
  const descriptor = givenDescriptor(process.env, process.pid);
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal ends at once.
    if (isStopping) process.exit(failed);
    isStopping = true;
    say({ event: 'stopping', signal });
    void gateway.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    await listen(gateway.server, host, port, descriptor);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const next = isTaken ? '; end the program that listens there, or name another address with --listen' : '';
    exitWith(failed, `The gateway cannot listen on ${host} port ${port}: ${(error as Error).message}${next}.`);
  }
  say({ event: 'listening', address: gateway.server.address(), pid: process.pid });
}

if (process.argv.includes('--help') || process.argv.includes('-h')) process.stdout.write(help);
else if (process.argv.includes('--version')) process.stdout.write(`${version()}\n`);
else await run();
