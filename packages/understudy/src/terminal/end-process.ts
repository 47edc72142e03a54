// The end of the process after a command: whatever a fault left open, it does not keep a command that is done from ending.

/** Time for connections that are closing to close by themselves. */
const graceMs = 2000;
const againMs = 50;

/**
 * Call it when the command is done and `process.exitCode` is set. A process in which nothing is open ends before this takes effect; one
 * with open connections or timers ends after 2 s, and not before its output has been taken. Ends with the exit code that is set then.
 */
export function endProcessSoon(): void {
  const end = (): void => {
    if (process.stdout.writableLength > 0 || process.stderr.writableLength > 0) {
      setTimeout(end, againMs).unref();
      return;
    }
    process.exit();
  };
  setTimeout(end, graceMs).unref();
}
