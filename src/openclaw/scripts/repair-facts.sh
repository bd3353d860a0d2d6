# shellcheck shell=bash
# What diagnosis and repair must see alike: which processes, trees, locks and jobs of this machine are the assistant's.

# The version that a link names, also when what it points to is gone; else the one that was deployed.
link_version() { # node|current
  local target prefix=$1 field=nodeVersion
  if [ "$1" = current ]; then prefix=app field=openclawVersion; fi
  target=$(readlink "$mcp_dir/$1" 2>/dev/null || true)
  case "$target" in
    "$prefix"-[0-9]*) printf '%s' "${target#"$prefix"-}" ;;
    *) sed -n "s/.*\"$field\":\"\([0-9A-Za-z.+-]*\)\".*/\1/p" "$mcp_dir/deployment.json" 2>/dev/null | head -n 1 || true ;;
  esac
}

# A program of the machine with OpenClaw's own command line.
openclaw_command() { # ARGUMENTS…
  (
    use_openclaw_env
    cd "$state_dir" || exit 1
    exec "$mcp_dir/node/bin/node" "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" "$@" </dev/null
  )
}

# Every gateway that works on this state folder, whoever started it. Others on the computer are not ours to judge.
our_gateways() { # → pids
  local dir comm
  for dir in /proc/[0-9]*; do
    { IFS= read -r comm <"$dir/comm"; } 2>/dev/null || continue
    case "$comm" in openclaw-gatewa*) ;; *) continue ;; esac
    if works_on_state "${dir#/proc/}"; then printf '%s ' "${dir#/proc/}"; fi
  done
}

# Who holds the port where our record names nobody: sets `owner`. A gateway that was killed gives it up within moments, so
# nobody is accused at the first look, nor where the holder can no longer be told.
held_by_another() {
  local looks=0
  while owner=$(port_owner) && [ $((looks += 1)) -le 10 ]; do
    if ! port_open; then return 1; fi
    if [ -n "$owner" ] && identity_of "$owner" >/dev/null && ! is_our_gateway "$owner"; then return 0; fi
    sleep 0.2
  done
  port_open && ! is_our_gateway "$owner"
}

is_our_gateway() { # PID
  case " $(our_gateways)" in *" ${1:-none} "*) return 0 ;; *) return 1 ;; esac
}

# The one that may stay: ours by its pid file, else one that holds the port and takes our token; else none.
kept_gateway() {
  local owner
  if live_pid "$gateway_pid" || ! port_open; then return 0; fi
  owner=$(port_owner)
  if is_our_gateway "$owner" && [ "$(gateway_authenticated)" = yes ]; then printf '%s' "$owner"; fi
}

other_gateways() { # KEPT → pids
  local pid
  for pid in $(our_gateways); do
    # One may be the parent of another: newer releases add a wrapper under some settings.
    if [ "$pid" = "$1" ] || [ "$(parent_of "$pid")" = "$1" ] || [ "$(parent_of "$1")" = "$pid" ]; then continue; fi
    printf '%s ' "$pid"
  done
}

parent_of() { # PID → its parent; nothing when there is no such process
  local stat
  if [ -z "$1" ]; then return 0; fi
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  stat=${stat##*) }
  stat=${stat#* }
  printf '%s' "${stat%% *}"
}

# Lock files of OpenClaw, one per line, whose owner does not live. A living gateway looks after its own.
stale_locks() {
  local file pid
  if [ -n "$(our_gateways)" ] || [ ! -d "$state_dir" ]; then return 0; fi
  lock_files | while IFS= read -r file; do
    pid=$(sed -n 's/.*"pid"[[:space:]]*:[[:space:]]*\([0-9]\{1,9\}\).*/\1/p' "$file" 2>/dev/null | head -n 1)
    if [ -n "$pid" ] && ! works_on_state "$pid"; then printf '%s\n' "$file"; fi
  done
}

lock_files() {
  find "$state_dir" -maxdepth 6 -name '*.lock' -type f -size -8k 2>/dev/null || true
  # Older releases keep it outside of the home, for every gateway of the computer: the file names whose it is.
  grep -lsF "\"configPath\":\"$state_dir/" "${TMPDIR:-/tmp}/openclaw-$(id -u)"/gateway.*.lock 2>/dev/null || true
}

# Whether a process is at work on this state folder: after a wake, an old number is somebody else's.
works_on_state() { # PID
  local environment
  if [ ! -d /proc/self ]; then
    kill -0 "$1" 2>/dev/null
    return
  fi
  environment=$({ tr '\0' '\n' <"/proc/$1/environ"; } 2>/dev/null) || return 1
  case $'\n'$environment$'\n' in
    *$'\n'"OPENCLAW_STATE_DIR=$state_dir"$'\n'*) return 0 ;;
    *$'\n'OPENCLAW_STATE_DIR=*) return 1 ;;
    *$'\n'"HOME=$home"$'\n'*) return 0 ;;
    *) return 1 ;;
  esac
}

# Detached jobs of ours that are at work; our own is not counted.
jobs_running() { # → ids
  local dir running=''
  for dir in "$mcp_dir"/jobs/*/; do
    if [ -s "${dir}exit" ] || [ ! -s "${dir}pid" ] || [ "${dir%/}" = "${OPENCLAW_MCP_JOB_DIR:-}" ]; then continue; fi
    if live_pid "${dir}pid" >/dev/null; then running+=" $(basename "$dir")"; fi
  done
  printf '%s' "${running# }"
}
