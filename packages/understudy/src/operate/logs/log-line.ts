// One line of a log, and how the outputs of journalctl and of an engine's log file become such lines. Reads nothing itself.

/** Which program wrote it. */
export type LogUnit = 'service' | 'engine' | 'gateway';

export interface LogLine {
  /** RFC 3339, UTC, with milliseconds. */
  readonly time: string;
  /** The machine's label. */
  readonly machine: string;
  readonly unit: LogUnit;
  /** Without the time; an entry of the journal may have several lines. */
  readonly text: string;
}

/** Turns one line of output into a log line; undefined for what is none. Keeps what earlier lines said. */
export type LineParser = (line: string) => LogLine | undefined;

type Source = Pick<LogLine, 'machine' | 'unit'>;

/** For `journalctl --output=json`. */
export function journalParser(source: Source): LineParser {
  return (line) => {
    const entry = parsed(line);
    const micros = Number(entry?.['__REALTIME_TIMESTAMP']);
    if (entry === undefined || !Number.isFinite(micros)) return undefined;
    return { time: new Date(micros / 1000).toISOString(), ...source, text: messageOf(entry['MESSAGE']) };
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The journal gives bytes that are no UTF-8 as numbers, and null for a text that is too long for it to show. */
function messageOf(message: unknown): string {
  if (typeof message === 'string') return message.trimEnd();
  if (Array.isArray(message) && message.every((byte) => typeof byte === 'number')) {
    return Buffer.from(message).toString().trimEnd();
  }
  return message === null ? '(a text too long for the journal to show)' : '';
}

/**
 * For an engine's log file, after a first line with the machine's offset from UTC (`+0000`). A line without a time of its own, as of a
 * stack trace, has the time of the line before it.
 */
export function engineFileParser(source: Source): LineParser {
  let offset: string | undefined;
  let time: string | undefined;
  return (line) => {
    if (offset === undefined) {
      offset = /^[+-]\d{4}$/.test(line) ? `${line.slice(0, 3)}:${line.slice(3)}` : 'Z';
      return undefined;
    }
    const stamp = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[,.](\d{3})\] ?(.*)$/.exec(line);
    if (stamp !== null) time = new Date(`${stamp[1] ?? ''}.${stamp[2] ?? ''}${offset}`).toISOString();
    return time === undefined ? undefined : { time, ...source, text: stamp?.[3] ?? line };
  };
}
