// Terminal: printing, colours, progress, questions, Ctrl-C and exit codes. Does not depend on other rooms; the command line and the
// benches use it.
export { exitCode, exitCodeOf, type ExitCode } from './exit-code.ts';
export { endProcessSoon } from './end-process.ts';
export { onInterrupt, type Interruption } from './interrupt.ts';
export {
  ask,
  clearScreen,
  confirm,
  paint,
  print,
  printError,
  printJson,
  printProgress,
  progressLogger,
} from './print.ts';
