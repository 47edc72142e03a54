// A program whose command is done while a server and a timer are open, and whose output is large.
import { createServer } from 'node:http';
import { endProcessSoon } from '../../src/terminal/index.ts';

createServer().listen(0, '127.0.0.1');
setInterval(() => undefined, 1000);
process.exitCode = 2;
process.stdout.write(`${'x'.repeat(2_000_000)}end\n`);
endProcessSoon();
