#!/usr/bin/env node
// The command line: one program, one file per command. No decisions here; rooms decide, commands render.
import { buildProgram } from './program.ts';

// Where Debian keeps nft, haproxy and mkfs; a user's path lacks it, and `su` without a dash gives root that path.
process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

await buildProgram().parseAsync(process.argv);
