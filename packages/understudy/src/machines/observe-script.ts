// The script that one look at a machine runs there: it only reads. For each subject that it is asked about it prints one line,
// which says what is there, that nothing is there, or why that could not be read. It runs in dash, on Debian 12 and 13.
import { askFunctions } from './shell-functions.ts';
import { healthFunctions } from './health-probe.ts';
import { dataDirectoryFunctions } from './data-directory.ts';

/** Locks of apt and dpkg, in the order in which apt takes them. They are of fcntl, which flock(1) does not see. */
export const packageLocks = [
  '/var/lib/apt/lists/lock',
  '/var/lib/dpkg/lock-frontend',
  '/var/lib/dpkg/lock',
  '/var/cache/apt/archives/lock',
] as const;

/**
 * Prints `PID` of who holds the lock file $1, nothing when it is free; exits with 3 when there is no such file. Perl's base is
 * essential in Debian. The layout is of struct flock on 64-bit Linux.
 */
export const lockHolder = `use Fcntl; use Errno;
open(my $f, "<", $ARGV[0]) or do { exit 3 if $!{ENOENT}; die "$!\\n" };
my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0);
fcntl($f, F_GETLK, $l) or die "$!\\n";
my ($type, $whence, $start, $length, $pid) = unpack("s s x4 q q i", $l);
print $pid unless $type == F_UNLCK;`;

const files = `
file() {
  ask sha256sum -- "$subject" || { explain_file sha256sum; return; }
  hash=\${said%% *}
  ask stat -L --printf '%a\\t%U:%G' -- "$subject" || { explain_file stat; return; }
  seen "$hash$tab$said"
}
record() { if ask base64 -w0 -- "$subject"; then seen "$said"; else explain_file base64; fi; }
# Values may be secret, so a line is reported by its name and a hash.
assignments() {
  ask cat -- "$subject" || { explain_file cat; return; }
  list=
  while IFS= read -r line; do
    case $line in [A-Za-z_]*=*) ;; *) continue ;; esac
    hash=$(printf %s "$line" | sha256sum)
    list="$list\${list:+$tab}\${line%%=*}:\${hash%% *}"
  done <<END_OF_FILE
$said
END_OF_FILE
  seen "$list"
}
link() { if ask readlink -v -- "$subject"; then seen "$said"; else explain_file readlink; fi; }
disk() { if ask stat -f -c '%S %b %f %a %c %d' -- "$subject"; then seen "$said"; else explain_file stat; fi; }
# May the user before the colon read the file after it? Only that user can tell: the directories above count too.
readable() {
  user=\${subject%%:*} path=\${subject#*:}
  ask stat -- "$path" || { explain_file stat; return; }
  # With its own groups: the engine's directory is open to its group alone.
  ask id -g -- "$user" || { explain id; return; }
  ask setpriv --reuid "$user" --regid "$said" --init-groups test -r "$path"
  case $rc:$said in 0:*) seen yes ;; 1:) seen no ;; *) explain setpriv ;; esac
}
sysctl() {
  [ -d /proc/sys ] || { unknown unreadable /proc is not mounted; return; }
  path=/proc/sys/$(printf %s "$subject" | tr . /)
  ask cat "$path" || { explain_file cat; return; }
  if [ -w "$path" ]; then seen "$said\${tab}yes"; else seen "$said\${tab}no"; fi
}
`;

const services = `
silent=
unit() {
  [ -z "$silent" ] || { unknown no-answer systemctl did not answer before; return; }
  ask systemctl show -p LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result,ExecMainCode,ExecMainStatus,ActiveEnterTimestampMonotonic -- "$subject" || {
    case $rc in 124 | 137) silent=yes ;; esac
    explain systemctl; return
  }
  case $said in *LoadState=not-found*) absent; return ;; esac
  read -r up rest < /proc/uptime
  seen "$(printf %s "$said" | tr '\\n' '\\t')\${tab}Uptime=\${up%.*}"
}
# Read from its files: asking cloud-init itself starts a Python, which is most of the cost of a look.
cloud_init() {
  command -v cloud-init >/dev/null || { absent; return; }
  run=/run/cloud-init state=running report= since=
  [ -e $run/result.json ] && state=ended
  if [ -e $run/status.json ]; then ask base64 -w0 $run/status.json || { explain base64; return; }; report=$said
  elif [ ! -e $run/enabled ]; then seen disabled; return; fi
  ask stat -c %Y $run/enabled && since=$(($(date +%s) - said))
  seen "$state$tab$report$tab$since"
}
# A container has the swap and the clock of its host, which is not the machine's to set.
contained() { systemd-detect-virt --quiet --container; }
swap() {
  ! contained || { absent; return; }
  ask cat /proc/swaps || { explain_file cat; return; }
  seen "$(printf '%s\\n' "$said" | sed -n '2,$s/[[:space:]].*//p' | tr '\\n' ' ')"
}
clock() {
  ! contained || { absent; return; }
  ask timedatectl show -p NTPSynchronized --value || { explain timedatectl; return; }
  seen "$said"
}
now() { ask date +%s%3N && seen "$said" || explain date; }
operator() { if [ -n "\${SSH_CONNECTION:-}" ]; then seen "\${SSH_CONNECTION%% *}"; else absent; fi; }
`;

const packages = `
package() {
  ask dpkg-query -W -f '\${db:Status-Abbrev}\\t\${db:Status-Status}\\t\${Version}' -- "$subject"
  case $rc:$said in
    0:?[nc]* | 1:*'no packages found matching'*) absent ;;
    0:*) seen "$said" ;;
    *) explain dpkg-query ;;
  esac
}
# Packages whose installation has begun and not ended, and whether dpkg's journal holds changes that it has not merged.
dpkg() {
  ask ls /var/lib/dpkg/updates/ || { explain ls; return; }
  journal=no; for name in $said; do case $name in *[!0-9]*) ;; *) journal=yes ;; esac; done
  ask dpkg-query -W -f '\${db:Status-Abbrev}\${Package}\\n' || { explain dpkg-query; return; }
  seen "$journal$tab$(printf '%s\\n' "$said" | sed -n 's/^.[HUFWt].//p; s/^..R//p' | sort -u | tr '\\n' ' ')"
}
lock() {
  ask perl -e '${lockHolder}' "$subject"
  case $rc:$said in
    0: | 3:*) absent ;;
    0:*) seen "$said$tab$(tr '\\0' ' ' < /proc/$said/cmdline 2>/dev/null)" ;;
    *) explain perl ;;
  esac
}
`;

/** Lines of `kind TAB subject TAB seen|absent|unknown TAB values...`; the questions come as arguments, so the script is constant. */
export const observeScript = `
${askFunctions}${files}${dataDirectoryFunctions}${services}${healthFunctions}${packages}
while [ $# -gt 0 ]; do
  kind=$1; subject=$2; shift 2
  case $kind in
    file | record | assignments | link | disk | readable | sysctl | directory | unit | package | lock | health | dpkg | swap | clock | now | operator) $kind ;;
    cloud-init) cloud_init ;;
    *) unknown unreadable is not a kind of read that this script has ;;
  esac
done
kind=end subject=-; seen -
`;
