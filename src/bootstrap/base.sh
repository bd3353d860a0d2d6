# shellcheck shell=bash
# What the start on a machine begins with: where things lie, typed output, inputs, who a process is. For macOS' bash, 3.2.

# Output goes to fd 3, so that a stray line of a child never lands between our lines.
say() { # NAME VALUE
  printf '%s=%s\n' "$1" "$2" >&3
}

say_file() { # NAME FILE: the end of what some other program wrote; nothing where there is nothing
  if [ -s "$2" ]; then say "$1@" "$(tail -c 6000 "$2" | gzip -c | base64 | tr -d '\n')"; fi
}

end() { trap - EXIT; say end 1; exit "$1"; }

# `set -e` ends a script without a word; a disk without room is the usual reason.
unexpected() {
  local why=unexpected room=$home/.openclaw-mcp
  if ! [ -d "$room" ]; then room=$home; fi
  if [ -w "$room" ] && ! printf %8192s >"$room/.room$$"; then why=disk_full; fi 2>/dev/null
  rm -f "$room/.room$$" || true
  fail "$why"
}

# An expected failure: a code that the server has a sentence for, and what some other program said about it.
fail() { say error "$1"; say_file detail "${2:-}"; end 1; } # CODE [FILE]

begin() { # sets home, mcp_dir, folder, node, job, os, arch, port
  set -euo pipefail
  umask 077
  exec 3>&1 1>&2
  trap unexpected EXIT
  trap 'trap - EXIT; exit 143' TERM INT HUP
  home=/home/machine
  if ! [ -d "$home" ] || ! [ -w "$home" ]; then home=${HOME:-}; fi
  if ! [ -d "$home" ] || ! [ -w "$home" ]; then fail no_home; fi
  mcp_dir=$home/.openclaw-mcp folder=$home/.openclaw-mcp/sidecar node=$home/.openclaw-mcp/node
  case "${OPENCLAW_MCP_JOB_ID=none}" in '' | *[!A-Za-z0-9._-]* | .*) fail bad_job_id ;; esac
  job=$mcp_dir/jobs/$OPENCLAW_MCP_JOB_ID
  port=${OPENCLAW_GATEWAY_PORT:-18789}
  case "$OSTYPE" in darwin*) os=darwin ;; *) os=linux ;; esac
  # Not HOSTTYPE: some shells export one of their own making, which bash would keep.
  arch=$(uname -m)
  case "$arch" in aarch64 | arm64) arch=arm64 ;; x86_64 | amd64) arch=x64 ;; esac
}

# What comes in pieces, since Linux takes no environment string of 128 KiB. bash tells names in their order.
input() { # PREFIX
  for piece in $(eval "echo \${!$1@}"); do printf %s "${!piece}" || return 1; done
}

# "pid start boot": after a reboot or a wake a number alone is somebody else.
identity() { # PID
  local stat boot=-
  if [ -d /proc/self ]; then
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    # shellcheck disable=SC2086 # its fields; the name before them may hold anything
    set -- "$1" ${stat##*) }
    case "$2" in Z | X) return 1 ;; esac
    printf '%s %s %s\n' "$1" "${21}" "$boot"
  else
    kill -0 "$1" 2>/dev/null && printf '%s %s -\n' "$1" "$(ps -o lstart= -p "$1" | tr -s ' ' _)"
  fi
}

# The right to install, where nobody else has it now.
take() {
  local lock=$mcp_dir/install.lock owner
  if command -v flock >/dev/null; then exec 9>"$lock" && flock -n 9; return; fi
  # macOS: a symlink that names its owner.
  if ln -s "$(identity $$)" "$lock" 2>/dev/null; then return; fi
  owner=$(readlink "$lock" || echo nobody)
  if [ "$(identity "${owner%% *}" || true)" = "$owner" ]; then return 1; fi
  rm -f "$lock" && ln -s "$(identity $$)" "$lock"
}
