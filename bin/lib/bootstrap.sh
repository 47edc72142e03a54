# Sourced by the commands in bin/: installs what this machine lacks to run a clone. Installs only what is missing.
# Owns: apt packages, Node 24, npm packages. Sets ROOT (the clone), CACHE, NODE.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${UNDERSTUDY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/understudy}
# Where Debian keeps nft, haproxy and mkfs; a user's path lacks it, and `su` without a dash gives root that path.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
NODE_MAJOR=24
NODE=$CACHE/node/bin/node
# Code compiled once is not compiled at every start: the tool starts in 1.0 s in place of 1.7 s.
export NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$CACHE/compiled}

say() { printf '\033[2m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 2; }

# Runs the calling script again as root when it is not; the lab needs root for namespaces, mounts and machines.
need_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || die "this needs root and found neither root nor sudo; run it as root"
  say "this needs root: running again with sudo"
  exec sudo --preserve-env=UNDERSTUDY_CACHE,UNDERSTUDY_OPENAPI,UNDERSTUDY_FULL,HOME,CI "$0" "$@"
}

# install_packages COMMAND:PACKAGE ...   installs each Debian package whose command is missing
install_packages() {
  local missing=() pair
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}"); done
  [ ${#missing[@]} = 0 ] && return
  [ "$(id -u)" = 0 ] || die "missing: ${missing[*]}; as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  local log=$CACHE/apt.log
  mkdir -p "$CACHE"
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    die "apt-get could not install ${missing[*]}; the complete log is $log"
  fi
}

# Node 24 from the npm package that carries its binary, independent of any Node on this machine.
ensure_node() {
  [ -x "$NODE" ] && return
  local arch package temporary
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) die "no Node package for $(uname -m)" ;; esac
  install_packages npm:npm
  package=node-linux-$arch@$NODE_MAJOR
  say "fetching Node $NODE_MAJOR ($package)"
  mkdir -p "$CACHE"
  temporary=$(mktemp -d "$CACHE/node.XXXXXX")
  (cd "$temporary" && npm pack --silent "$package" >/dev/null && tar xzf ./*.tgz --strip-components=1 && rm ./*.tgz) ||
    { rm -rf "$temporary"; die "npm could not fetch $package; try: npm view $package"; }
  rm -rf "$CACHE/node"
  mv "$temporary" "$CACHE/node"
}

# npm packages, exactly as locked; skipped while the lockfile is the one last installed.
ensure_npm_packages() {
  local stamp=$ROOT/node_modules/.understudy-lock wanted
  wanted=$(sha256sum "$ROOT/package-lock.json" | cut -d' ' -f1)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
  install_packages npm:npm
  say "installing npm packages"
  local log=$CACHE/npm.log
  (cd "$ROOT" && PATH="$(dirname "$NODE"):$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "npm ci failed; the complete log is $log"; }
  echo "$wanted" >"$stamp"
}

# What the lab runs on.
ensure_lab_packages() {
  install_packages systemd-nspawn:systemd-container debootstrap:debootstrap ip:iproute2 nft:nftables haproxy:haproxy \
    mvn:maven gpg:gnupg mkfs.ext4:e2fsprogs ssh-keygen:openssh-client curl:curl dpkg-deb:dpkg
}

run_node() { "$NODE" --conditions=understudy-source --disable-warning=ExperimentalWarning "$@"; }
understudy() { run_node "$ROOT/packages/understudy/src/cli/main.ts" "$@"; }
