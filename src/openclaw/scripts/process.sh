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

# Holds NAME until this script ends or unlocks it as often as it was locked; several names may be held at once.
lock() { # NAME SECONDS
  local path=$mcp_dir/$1.lock
  case " ${held:-} " in
    *" $1 "*)
      held+=" $1"
      return
      ;;
  esac
  mkdir -p "$mcp_dir"
  if command -v flock >/dev/null; then
    lock_fd "$1"
    eval "exec $fd>\"\$path\""
    flock -w "$2" "$fd" || fail locked
  else
    link_lock "$path" "$2"
  fi
  held="${held:-} $1"
}

# Each name has a descriptor of its own: to open one anew is to drop what it held.
lock_fd() { # NAME: sets fd
  case "$1" in change) fd=5 ;; install) fd=6 ;; configure) fd=7 ;; gateway) fd=8 ;; *) fd=9 ;; esac
}

# macOS: a symlink appears whole, with its owner as the target. Two that break a stale one at once may both win.
link_lock() { # PATH SECONDS
  local deadline=$((SECONDS + $2)) owner self
  self=$(identity_of $$)
  until ln -s "$self" "$1" 2>/dev/null; do
    owner=$(readlink "$1" || true)
    # Left by a part of this script that has ended.
    if [ "$owner" = "$self" ]; then return; fi
    if [ -n "$owner" ] && [ "$(identity_of "${owner%% *}" || true)" != "$owner" ]; then
      rm -f "$1"
    elif [ "$SECONDS" -ge "$deadline" ]; then
      fail locked
    else
      sleep 0.1
    fi
  done
}

unlock() { # NAME
  local name rest='' found=no
  for name in $held; do
    if [ "$found$name" = "no$1" ]; then found=yes; else rest+=" $name"; fi
  done
  held=$rest
  case " $held " in *" $1 "*) return ;; esac
  if command -v flock >/dev/null; then
    lock_fd "$1"
    eval "exec $fd>&-"
  else
    rm -f "$mcp_dir/$1.lock"
  fi
}

# In a child that goes on when this script has ended: it would hold every lock for its own life.
drop_locks() {
  exec 5>&- 6>&- 7>&- 8>&- 9>&-
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
    exec 3>&- </dev/null >"$out" 2>"$err"
    drop_locks
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
