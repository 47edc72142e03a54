// Shell functions with which scripts observe a machine and report each result: seen, absent, or unknown with the reason.

/** A command of the observation that takes longer is stopped, and its subject is unknown: one hanging part must not hide the others. */
const partBoundS = 4;

/** They speak of `$kind` and `$subject`; `$tab` is a tab, and the locale is C. */
export const askFunctions = `
LC_ALL=C; export LC_ALL
set -f
tab=$(printf '\\t')
seen() { printf '%s\\t%s\\tseen\\t%s\\n' "$kind" "$subject" "$1"; }
absent() { printf '%s\\t%s\\tabsent\\n' "$kind" "$subject"; }
# unknown CODE WORDS...
unknown() { code=$1; shift; printf '%s\\t%s\\tunknown\\t%s\\t%s\\n' "$kind" "$subject" "machines-$code" "$*"; }
# ask COMMAND...: what it says is in $said, how it ended in $rc.
ask() { said=$(timeout -k 1 ${partBoundS} "$@" 2>&1 </dev/null); rc=$?; [ $rc = 0 ]; }
# Why the last command gave no answer. What cannot be run, and what a service says, never means that the subject is absent.
explain() {
  case $rc in
    124 | 137) unknown no-answer "$1 did not answer within ${partBoundS} s" ;;
    *) unknown unreadable "$1 ended with $rc:" $said ;;
  esac
}
# The same for a command that was given the subject as a file.
explain_file() {
  case $rc:$said in 1:*': No such file or directory') absent ;; *) explain "$1" ;; esac
}
`;
