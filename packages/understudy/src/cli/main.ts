#!/usr/bin/env node
// The command line: one program, one file per command. No decisions here; rooms decide, commands render.
import { buildProgram } from './program.ts';

await buildProgram().parseAsync(process.argv);
