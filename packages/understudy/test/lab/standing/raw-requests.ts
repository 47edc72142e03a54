// Bytes of a request as an attacker writes them: requests hidden in others, and requests that never end.
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TlsPlace {
  readonly host: string;
  /** PEM of the authority that signed the certificate. */
  readonly ca: string;
  readonly servername: string;
}

function opened(place: TlsPlace): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, port: 443 });
    // What the other side does to a connection of an attacker is not the test's trouble.
    socket.on('error', reject).once('secureConnect', () => resolve(socket));
  });
}

/** Sends the bytes; what was answered within a second after the last of it. */
export async function answered(place: TlsPlace, bytes: string): Promise<string> {
  const socket = await opened(place);
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.write(Buffer.from(bytes, 'latin1'));
  await sleep(1000);
  socket.destroy();
  return said;
}

/**
 * Ways to hide a request in the bytes of another one, as they are known of proxies and servers that disagree on where a request ends
 * (RFC 9112, 6.3 and 11.2). `hidden` is a whole request; the outer one is a write with the same login.
 */
export function hidingWays(outer: string, hidden: string): Readonly<Record<string, string>> {
  const length = hidden.length;
  const chunk = `${length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
  const both = (first: string, second: string, body: string): string => `${outer}${first}\r\n${second}\r\n\r\n${body}`;
  const coded = (line: string): string => both(line, `Content-Length: ${5 + length}`, `0\r\n\r\n${hidden}`);
  return {
    'length and chunked': coded('Transfer-Encoding: chunked'),
    'chunked and a length that ends before': both('Transfer-Encoding: chunked', 'Content-Length: 4', chunk),
    'chunked twice, once something else': both('Transfer-Encoding: chunked', 'Transfer-Encoding: identity', chunk),
    'a coding of another name': coded('Transfer-Encoding: xchunked'),
    'a space before the colon': coded('Transfer-Encoding : chunked'),
    'a vertical tab before the value': coded('Transfer-Encoding: \x0bchunked'),
    'a value in quotes': coded('Transfer-Encoding: "chunked"'),
    'a folded line': coded('Transfer-Encoding:\r\n chunked'),
    'a bare line feed before the header': coded('X-A: b\nTransfer-Encoding: chunked'),
    'a bare carriage return before the header': coded('X-A: b\rTransfer-Encoding: chunked'),
    'a name with a zero byte': coded('Transfer-Encoding\0: chunked'),
    'two lengths': both('Content-Length: 0', `Content-Length: ${length}`, hidden),
    'a list of two lengths': both(`Content-Length: 0, ${length}`, 'X-A: b', hidden),
    'a length with a plus sign': both('Content-Length: +0', 'X-A: b', hidden),
    'a length in hexadecimal': both('Content-Length: 0x0', 'X-A: b', hidden),
    'a negative length': both('Content-Length: -1', 'X-A: b', hidden),
    'a chunk size that overflows': both('Transfer-Encoding: chunked', 'X-A: b', `10000000000000000\r\n${hidden}`),
    'a chunk size with a line feed in its extension': both(
      'Transfer-Encoding: chunked',
      'X-A: b',
      `0;\n\r\n\r\n${hidden}`,
    ),
    'no length': both('X-A: b', 'X-B: c', hidden),
  };
}

/** Connections whose requests arrive a byte a second; they go on until they are closed. */
export async function slowRequests(place: TlsPlace, count: number, start: string): Promise<AsyncDisposable> {
  const sockets: TLSSocket[] = [];
  for (let n = 0; n < count; n += 1) {
    const socket = await opened(place);
    socket.write(start);
    sockets.push(socket);
  }
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 1000);
  return {
    [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      return Promise.resolve();
    },
  };
}
