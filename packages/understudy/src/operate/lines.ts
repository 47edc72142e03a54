// Output that arrives in pieces, cut into lines.
import { StringDecoder } from 'node:string_decoder';
import { Writable } from 'node:stream';

/** Calls `take` with each complete line, and at the end with what is left. UTF-8. */
export function lineWriter(take: (line: string) => void): Writable {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
      done();
    },
    final(done) {
      rest += decoder.end();
      if (rest !== '') take(rest);
      done();
    },
  });
}

/** Takes everything and keeps the last few hundred characters. */
export function tail(kept = 500): { readonly writer: Writable; readonly text: () => string } {
  let text = '';
  const writer = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text = (text + chunk.toString()).slice(-kept);
      done();
    },
  });
  return { writer, text: () => text.trim() };
}
