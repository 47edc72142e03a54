// Quoting for the one place where an argument array becomes a line of text: SSH carries a string to a shell.

/** A POSIX shell word that stands for exactly `word`. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function shellLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}
