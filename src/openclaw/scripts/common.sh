# shellcheck shell=bash
# What every script starts with: the machine's layout, typed output on stdout, inputs from the environment, and an end
# that is always marked. The last line of a script, added by the sender, is `run_main <its function>`.

# Output goes to fd 3, so that a stray line of a child lands on stderr and never between our lines.
emit() { # NAME VALUE: one line; control characters become spaces
  local LC_ALL=C
  printf '%s=%s\n' "$1" "${2//[[:cntrl:]]/ }" >&3
}

emit_blob() { # NAME < anything: large or foreign text
  local encoded
  encoded=$(gzip -c | base64 | tr -d '\n')
  printf '%s@=%s\n' "$1" "$encoded" >&3
}

# An expected failure: a code that the server has a sentence for, and what some other program said about it.
fail() { # CODE [FILE]
  emit error "$1"
  if [ -n "${2:-}" ] && [ -s "$2" ]; then tail -c 6000 "$2" | emit_blob detail; fi
  outcome=failed
  exit 1
}

run_main() { # FUNCTION
  set -euo pipefail
  umask 077
  outcome=died scratch=''
  exec 3>&1 1>&2
  trap finish EXIT
  # Told to stop: no end mark and no exit sentinel, so that nobody takes this for a result.
  trap 'trap - EXIT; exit 143' TERM INT HUP
  layout
  "$1"
  outcome=returned
}

finish() {
  local status=$?
  trap - EXIT
  # `set -e` and `${name:?}` end a script without a word, and the second with status 0 here.
  if [ "$outcome" = died ]; then emit error unexpected; fi
  if [ "$outcome" != returned ]; then status=1; fi
  if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
  # Written last: output that was cut, or a script that was killed, lacks it.
  printf 'end=1\n' >&3
  if [ -n "${OPENCLAW_MCP_JOB_DIR:-}" ]; then write_file "$OPENCLAW_MCP_JOB_DIR/exit" "$status"; fi
  exit "$status"
}

# Runs FUNCTION so that its failure can be undone instead of ending this job; sets `attempted`. Not to be called in a
# condition: there bash ignores `set -e` inside FUNCTION too.
attempt() { # FUNCTION FILE: where its output goes
  local status
  attempted=failed
  set +e
  (
    set -e
    "$1"
  ) 3>"$2"
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then attempted=ok; fi
}

# shellcheck disable=SC2034 # the names are used by the scripts that follow
layout() {
  home=/home/machine
  if ! { [ -d "$home" ] && [ -w "$home" ]; }; then home=${HOME:-}; fi
  if ! { [ -n "$home" ] && [ -d "$home" ] && [ -w "$home" ]; }; then fail no_home; fi
  mcp_dir=$home/.openclaw-mcp
  state_dir=$home/.openclaw
  auth_file=$mcp_dir/auth
  gateway_pid=$mcp_dir/gateway.pid
  port=${OPENCLAW_GATEWAY_PORT:-18789}
  # What bash knows of itself costs no process, and every script starts here.
  case "$OSTYPE" in darwin*) os=darwin ;; *) os=linux ;; esac
  # Some shells export a HOSTTYPE of their own making, which bash would keep.
  arch=$HOSTTYPE
  case "$arch" in aarch64 | arm64 | x86_64 | amd64) ;; *) arch=$(uname -m) ;; esac
  case "$arch" in aarch64 | arm64) arch=arm64 ;; x86_64 | amd64) arch=x64 ;; esac
}

make_dirs() {
  mkdir -p "$mcp_dir/jobs" "$mcp_dir/bin" "$state_dir/logs" "$state_dir/workspace"
  chmod 700 "$mcp_dir" "$mcp_dir/jobs" "$state_dir"
}

# What a program of the machine may see: none of our inputs, and the same places that the gateway uses.
use_openclaw_env() {
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do unset "$name"; done
  export HOME=$home OPENCLAW_STATE_DIR=$state_dir OPENCLAW_NO_RESPAWN=1
  export PATH=$mcp_dir/node/bin:$mcp_dir/bin:$PATH
}

now_ms() {
  local t=${EPOCHREALTIME:-}
  if [ -z "$t" ]; then # bash before 5
    printf '%s000' "$(date +%s)"
    return
  fi
  t=${t//[.,]/}
  printf '%s' "${t%???}"
}

write_file() { # FILE TEXT: whole or not at all; the text is in no argument list, printf being a builtin
  printf '%s\n' "$2" >"$1.new.$$"
  mv -f "$1.new.$$" "$1"
}

# NAME, for a program that reads it: no file, no argument, and no shell variable holds it unpacked.
input_to_stdout() { # NAME
  local index=0 piece
  for ((; ; index++)); do
    piece=$1_$index
    if [ -z "${!piece:-}" ]; then break; fi
    printf '%s' "${!piece}"
  done | base64 -d | gzip -dc
}

sha_hex() { # 256|512 FILE
  local line
  if command -v "sha$1sum" >/dev/null; then line=$("sha$1sum" <"$2"); else line=$(shasum -a "$1" <"$2"); fi
  printf '%s' "${line%% *}"
}

# One environment string is limited to 128 KiB by Linux, so a large input comes in pieces: NAME_0, NAME_1, …
input_to_file() { # NAME FILE; removes the pieces from the environment
  local index piece sum_name=$1_SHA256
  local sum=${!sum_name:-}
  if [ -z "$sum" ]; then fail input_missing; fi
  input_to_stdout "$1" >"$2.new.$$"
  for ((index = 0; ; index++)); do
    piece=$1_$index
    if [ -z "${!piece:-}" ]; then break; fi
    unset "$piece"
  done
  unset "$sum_name"
  if [ "$(sha_hex 256 "$2.new.$$")" != "$sum" ]; then
    rm -f "$2.new.$$"
    fail input_damaged
  fi
  mv -f "$2.new.$$" "$2"
}

# shellcheck disable=SC2034
job_paths() { # ID: the files of a detached job
  case "$1" in '' | *[!A-Za-z0-9._-]* | .*) fail bad_job_id ;; esac
  job_dir=$mcp_dir/jobs/$1
}

stage() { # NAME: what a detached job is doing now; nothing outside of one
  if [ -n "${OPENCLAW_MCP_JOB_DIR:-}" ]; then printf '%s %s\n' "$(now_ms)" "$1" >>"$OPENCLAW_MCP_JOB_DIR/journal"; fi
}
