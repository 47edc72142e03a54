// The wire that options ask for: undici's unless a test brings its own.
import { undiciWires } from '../nodes/undici-wire.ts';
import type { WireFactory } from '../nodes/wire.ts';
import type { ClientOptions, Settings } from './options.ts';

export function wiresOf(options: ClientOptions, settings: Settings): WireFactory {
  if (options.wire) return options.wire;
  const { perNode, ...connections } = settings.connections;
  const tls = options.tls === undefined ? {} : { tls: options.tls };
  return undiciWires({ connections: perNode, ...connections, headers: settings.headers, ...tls });
}
