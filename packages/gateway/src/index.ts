// The public API of the gateway: for programs that run it inside themselves. Most run the command instead.
export { Gateway } from './gateway.ts';
export { ConfigurationError, readConfiguration, type Configuration } from './configuration.ts';
