# shellcheck shell=bash
# Processes that outlive the command that started them: who they are, that only one does a thing, and how they detach.

# A number alone is no identity: after a reboot or a wake the same pid is somebody else.
identity_of() { # PID → "pid start boot"; fails when there is no such process
  local stat boot=-
  if [ -r "/proc/$1/stat" ]; then
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) } # the name in parentheses may hold anything
    # shellcheck disable=SC2086 # its fields are numbers
    set -- "$1" $stat
    if [ "$2" = Z ] || [ "$2" = X ]; then return 1; fi
    if [ -r /proc/sys/kernel/random/boot_id ]; then IFS= read -r boot </proc/sys/kernel/random/boot_id; fi
    printf '%s %s %s\n' "$1" "${21}" "$boot"
  elif [ ! -d /proc/self ] && kill -0 "$1" 2>/dev/null; then # no /proc at all: macOS
    printf '%s %s -\n' "$1" "$(ps -o lstart= -p "$1" | tr -s ' ' _)"
  else
    return 1
  fi
}

# Prints the pid in FILE when that very process still runs.
live_pid() { # FILE
  local known now
  { IFS= read -r known <"$1"; } 2>/dev/null || return 1
  now=$(identity_of "${known%% *}") || return 1
  if [ "$now" != "$known" ]; then return 1; fi
  printf '%s' "${known%% *}"
}

# Holds NAME until this script ends. fd 9 must not reach a detached child, or it would hold the lock for its life.
lock() { # NAME SECONDS
  local path=$mcp_dir/$1.lock
  mkdir -p "$mcp_dir"
  if command -v flock >/dev/null; then
    exec 9>"$path"
    flock -w "$2" 9 || fail locked
    return
  fi
  # macOS: a symlink appears whole, with its owner as the target. Two that break a stale one at once may both win.
  local deadline=$((SECONDS + $2)) owner
  until ln -s "$(identity_of $$)" "$path" 2>/dev/null; do
    owner=$(readlink "$path" || true)
    if [ -n "$owner" ] && [ "$(identity_of "${owner%% *}" || true)" != "$owner" ]; then
      rm -f "$path"
    elif [ "$SECONDS" -ge "$deadline" ]; then
      fail locked
    else
      sleep 0.1
    fi
  done
  held_lock=$path
}

unlock() {
  if command -v flock >/dev/null; then exec 9>&-; else rm -f "$held_lock"; fi
}

# A sleep without a process: a read that finds nothing. On a slow machine each process costs milliseconds that the one
# which is waited for needs. An old bash cannot read for part of a second, and starts one twenty times a second at most.
nap() { # SECONDS
  if [ "${BASH_VERSINFO[0]}" -lt 4 ]; then
    sleep 0.05
    return
  fi
  if [ -z "${nap_fd:-}" ]; then
    exec {nap_fd}<> <(:)
  fi
  read -r -t "$1" -u "$nap_fd" _ || true
}

# Starts COMMAND in a session of its own and writes its identity; `nohup … &` dies with the execution.
detach() { # PIDFILE STDOUT STDERR COMMAND…
  local pid_file=$1 out=$2 err=$3 session=(setsid)
  shift 3
  if ! command -v setsid >/dev/null; then session=(nohup); fi
  rm -f "$pid_file"
  # The inner shell names itself, then becomes the command: the pid file is there before the command's first line runs.
  (
    exec 3>&- 7>&- 9>&- </dev/null >"$out" 2>"$err"
    # shellcheck disable=SC2016 # expanded by the inner shell
    "${session[@]}" /bin/bash -c "$(declare -f identity_of)"'
      identity_of $$ >"$0.new" && mv -f "$0.new" "$0" && exec "$@"' "$pid_file" "$@" &
  )
  local tries=0
  until [ -s "$pid_file" ] || [ $((tries += 1)) -gt 100 ]; do sleep 0.02; done
}

# TERM, then KILL when it still runs after SECONDS. Returns 1 when it was never there.
end_process() { # PIDFILE SECONDS
  local pid tries=0
  pid=$(live_pid "$1") || return 1
  kill -TERM "$pid" 2>/dev/null || true
  while live_pid "$1" >/dev/null; do
    if [ $((tries += 1)) -gt $(($2 * 20)) ]; then
      kill -KILL "$pid" 2>/dev/null || true
      ended=killed
    fi
    sleep 0.05
  done
  # shellcheck disable=SC2034
  ended=${ended:-stopped}
}
