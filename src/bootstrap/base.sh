# shellcheck shell=bash
# What the start on a machine begins with: where things lie, typed output, inputs from the environment, processes and
# locks as everybody else on the machine knows them. For bash 3.2, which macOS has.

# Output goes to fd 3, so that a stray line of a child never lands between our lines.
say() { # NAME VALUE
  printf '%s=%s\n' "$1" "$2" >&3
}

say_file() { # NAME FILE: the end of what some other program wrote; nothing where there is nothing
  if [ -s "$2" ]; then say "$1@" "$(tail -c 6000 "$2" | gzip -c | base64 | tr -d '\n')"; fi
}

on_end() { :; }

end() {
  trap - EXIT
  say end 1
  on_end "$1"
  exit "$1"
}

# An expected failure: a code that the server has a sentence for, and what some other program said about it.
fail() { # CODE [FILE]
  say error "$1"
  say_file detail "${2:-}"
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

take() { # LOCK SECONDS: until it is dropped; one at a time
  local last=$((SECONDS + $2)) owner
  if command -v flock >/dev/null; then
    exec 9>"$1.lock"
    flock -w "$2" 9
    return
  fi
  # macOS: a symlink that names its owner.
  until ln -s "$(identity $$)" "$1.lock" 2>/dev/null; do
    owner=$(readlink "$1.lock" || true)
    if [ -n "$owner" ] && [ "$(identity "${owner%% *}" || true)" != "$owner" ]; then
      rm -f "$1.lock"
    elif [ "$SECONDS" -ge "$last" ]; then
      return 1
    else
      sleep 0.2
    fi
  done
}

drop() { # LOCK
  if command -v flock >/dev/null; then exec 9>&-; else rm -f "$1.lock"; fi
}
