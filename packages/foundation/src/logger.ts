// Progress messages. Rooms never print: the command line writes these lines to stderr, tests collect them.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line of progress. `subject` is what it is about ("search-1", "firewall"); `text` is a short sentence fragment. */
export interface LogLine {
  readonly level: LogLevel;
  readonly subject: string;
  readonly text: string;
}

export type Logger = (line: LogLine) => void;

export const silentLogger: Logger = () => undefined;
