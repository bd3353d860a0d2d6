# shellcheck shell=bash
# What the start on a machine begins with: where things lie, typed output, inputs from the environment. For bash 3.2,
# which macOS has.

# Output goes to fd 3, so that a stray line of a child never lands between our lines.
say() { # NAME VALUE
  printf '%s=%s\n' "$1" "$2" >&3
}

end() {
  trap - EXIT
  say end 1
  exit "$1"
}

# An expected failure: a code that the server has a sentence for, and what some other program said about it.
fail() { # CODE [FILE]
  say error "$1"
  if [ -s "${2:-}" ]; then say detail@ "$(tail -c 6000 "$2" | gzip -c | base64 | tr -d '\n')"; fi
  end 1
}

begin() { # sets home, mcp_dir, folder, os, arch, port
  set -euo pipefail
  umask 077
  exec 3>&1 1>&2
  # `set -e` ends a script without a word.
  trap 'say error unexpected; end 1' EXIT
  trap 'trap - EXIT; exit 143' TERM INT HUP
  home=/home/machine
  if ! { [ -d "$home" ] && [ -w "$home" ]; }; then home=${HOME:-}; fi
  if ! { [ -n "$home" ] && [ -d "$home" ] && [ -w "$home" ]; }; then fail no_home; fi
  mcp_dir=$home/.openclaw-mcp
  folder=$mcp_dir/sidecar
  port=${OPENCLAW_GATEWAY_PORT:-18789}
  case "$OSTYPE" in darwin*) os=darwin ;; *) os=linux ;; esac
  # Some shells export a HOSTTYPE of their own making, which bash would keep.
  arch=$HOSTTYPE
  case "$arch" in aarch64 | arm64 | x86_64 | amd64) ;; *) arch=$(uname -m) ;; esac
  case "$arch" in aarch64 | arm64) arch=arm64 ;; x86_64 | amd64) arch=x64 ;; esac
}

# What comes in pieces, since Linux takes no environment string of 128 KiB.
input() { # NAME
  local index=0 piece=$1_0
  while [ -n "${!piece:-}" ]; do
    printf %s "${!piece}"
    index=$((index + 1))
    piece=$1_$index
  done
}

sha_hex() { # 256|512 FILE
  local line
  if command -v "sha$1sum" >/dev/null; then line=$("sha$1sum" <"$2"); else line=$(shasum -a "$1" <"$2"); fi
  printf %s "${line%% *}"
}
