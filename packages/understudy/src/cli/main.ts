#!/usr/bin/env node
// The command line: one program, one file per command. It makes no decisions: rooms decide, commands print.
import { endProcessSoon } from '../terminal/index.ts';
import { buildProgram } from './program.ts';

// Debian's directories of nft, haproxy and mkfs. A user's PATH lacks them, and `su` without a dash keeps that PATH.
process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

await buildProgram().parseAsync(process.argv);
endProcessSoon();
