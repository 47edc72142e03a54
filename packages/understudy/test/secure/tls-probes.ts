// Probes of an engine's TLS: which certificate it shows, what it answers to nobody, whether it keeps a connection between nodes.
import { checkServerIdentity, connect } from 'node:tls';

interface Handshake {
  readonly ca: string;
  /** The address that the certificate must be for; the one that is dialled by default. */
  readonly expect?: string;
  readonly key?: string;
  readonly cert?: string;
}

/** The fingerprint of the certificate that is shown. */
export function handshake(host: string, port: number, { expect = host, ...tls }: Handshake): Promise<string> {
  return new Promise((resolve, reject) => {
    const identity = checkIdentityAs(expect);
    const socket = connect({ host, port, ...tls, ...identity });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}

function checkIdentityAs(address: string): { checkServerIdentity: typeof checkServerIdentity } {
  return { checkServerIdentity: (_, certificate) => checkServerIdentity(address, certificate) };
}

/** The answer to a request without a login. */
export function answerOverTls(host: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 9200, ca });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
    socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'));
  });
}

/** Whether the transport port keeps a connection: with TLS 1.3 a refused client learns of it after its handshake. */
export function staysOpen(host: string, tls: { ca: string; key?: string; cert?: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 9300, ...tls });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('secureConnect', () => setTimeout(() => end(true), 2000));
    socket.resume();
  });
}
