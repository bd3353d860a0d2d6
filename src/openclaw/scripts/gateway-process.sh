# shellcheck shell=bash
# The gateway as a process: start it, wait until it works, stop it, and say why when it does not.

# Sets `started` (yes|no) and `repaired` (what was missing and put back).
ensure_gateway() {
  started=no repaired=''
  if [ "$(gateway_ready)" = yes ] && [ "$(gateway_authenticated)" = yes ] && live_pid "$gateway_pid" >/dev/null; then
    return
  fi
  lock gateway 200
  ensure_gateway_locked
  unlock gateway
}

# For who holds the lock already, so that nobody starts the gateway between a stop and a start of theirs.
ensure_gateway_locked() {
  started=no repaired=''
  check_prerequisites
  if live_pid "$gateway_pid" >/dev/null; then
    # Ours, and starting, draining or deaf: give it its time, and replace it only when that did not help.
    if wait_until_ready 45; then return; fi
    end_process "$gateway_pid" 10
    repaired+=' hung_gateway'
  elif port_open; then
    adopt_gateway
    return
  else
    repaired+=' gateway'
  fi
  launch_gateway
}

check_prerequisites() {
  local file
  if [ ! -x "$mcp_dir/node/bin/node" ] || [ ! -s "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" ]; then
    fail not_installed
  fi
  if [ ! -s "$state_dir/openclaw.json" ] || [ ! -s "$state_dir/secrets.json" ]; then fail not_configured; fi
  mkdir -p "$state_dir/logs"
  for file in openclaw.json secrets.json; do
    # Newer releases refuse to start with a secrets file that others can read.
    if [ "$(file_mode "$state_dir/$file")" != 600 ]; then
      chmod 600 "$state_dir/$file"
      repaired+=' file_modes'
    fi
  done
  if [ ! -s "$auth_file" ]; then
    renew_auth
    repaired+=' auth_file'
  fi
}

# The header of our own questions, from the token in the secrets.
renew_auth() {
  sidecar renew-auth "$mcp_dir/auth.reply" < <(printf '{}')
  auth=$(reply_word auth <"$mcp_dir/auth.reply")
  rm -f "$mcp_dir/auth.reply"
  if [ "$auth" = unreadable ]; then fail secrets_unreadable; fi
}

# Something answers on the port, and no pid file says who: our own gateway knows our token.
adopt_gateway() {
  local pid
  pid=$(port_owner)
  if [ "$(gateway_authenticated)" != yes ]; then
    printf 'port %s is held by process %s (%s)\n' "$port" "${pid:-unknown}" "$(process_name "$pid")" >"$mcp_dir/port-owner"
    fail port_taken "$mcp_dir/port-owner"
  fi
  if [ -n "$pid" ]; then write_file "$gateway_pid" "$(identity_of "$pid")"; fi
  repaired+=' pid_file'
}

launch_gateway() {
  local log=$state_dir/logs/gateway.out kills_before crashed=false
  stage start
  if gateway_crashed; then crashed=true; fi
  kills_before=$(oom_kills)
  write_file "$mcp_dir/oom-kills" "$kills_before"
  # The previous run's output is kept once: the reason of a crash is in it.
  if [ -s "$log" ]; then mv -f "$log" "$log.1"; fi
  (
    use_openclaw_env
    use_trust # for the model provider behind a company proxy
    node_flags=()
    limit_helpers
    keep_compiled
    if spares_memory; then
      # Measured: the difference between a first turn that works in 1.25 GiB and one that is killed.
      export NODE_OPTIONS="--max-old-space-size=512 --max-semi-space-size=4" MALLOC_ARENA_MAX=2
    fi
    cd "$state_dir"
    # An old bash takes an empty list for an unset name.
    detach "$gateway_pid" "$log" "$log" "$mcp_dir/node/bin/node" ${node_flags[@]+"${node_flags[@]}"} \
      "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" gateway run --port "$port"
  )
  started=yes
  if wait_until_ready "${OPENCLAW_MCP_START_TIMEOUT_S:-150}"; then
    # Proven: what a repair goes back to.
    cp -f "$state_dir/openclaw.json" "$mcp_dir/openclaw.last-good.json"
    note_start "$crashed"
    return
  fi
  if [ "$(oom_kills)" != "$kills_before" ] || grep -q 'heap out of memory' "$log"; then fail out_of_memory "$log"; fi
  if live_pid "$gateway_pid" >/dev/null; then fail gateway_not_ready "$log"; fi
  fail gateway_exited "$log"
}

# Its record is there and it is not: nobody stopped it. One of an earlier boot went with its machine.
gateway_crashed() {
  local known now
  { IFS= read -r known <"$gateway_pid"; } 2>/dev/null || return 1
  if live_pid "$gateway_pid" >/dev/null; then return 1; fi
  now=$(identity_of $$)
  [ "${known##* }" = "${now##* }" ]
}

# Which turns the one before has left half done: OpenClaw goes on with them, and ends here what has ended it twice. A start
# does not fail for want of this.
note_start() { # true|false: whether the one before crashed
  local reply=$mcp_dir/note-start.$$
  if ! command -v sidecar >/dev/null; then return 0; fi
  (printf '{"crashed":%s}' "$1" | sidecar note_start "$reply") 3>/dev/null || true
  rm -f "$reply" "$reply.said"
}

# Node gives V8 four helper threads whatever the machine has. On two cores they keep the gateway's own from working: with
# one, the first reply after a start comes 0.6 s of 11.8 sooner (measured).
limit_helpers() { # adds to node_flags
  local cores
  cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || printf 4)
  if [ "$cores" -le 2 ]; then node_flags+=(--v8-pool-size=1); fi
}

# A start compiles 6000 files into a cache under /tmp, which a wake may find empty; beside the package it saves a second
# (measured). Node writes it when a process ends, and a machine that falls asleep ends none: hence the flush.
# Only where the release knows the variable: others answer NODE_COMPILE_CACHE with a parent process of 60 MB.
keep_compiled() { # adds to node_flags
  unset NODE_COMPILE_CACHE
  if ! grep -q OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED "$mcp_dir/current/node_modules/openclaw/openclaw.mjs"; then
    return
  fi
  # Required, not imported: every worker and child of the gateway runs this too, and an import costs them 0.4 s in all.
  write_file "$mcp_dir/current/keep-compiled.cjs" "const { flushCompileCache } = require('node:module');
const { isMainThread } = require('node:worker_threads');
if (isMainThread) for (const seconds of [30, 300]) setTimeout(() => flushCompileCache?.(), seconds * 1000).unref();"
  node_flags+=(--require "$mcp_dir/current/keep-compiled.cjs")
  export NODE_COMPILE_CACHE=$mcp_dir/current/compiled OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED=1
}

# Ready, and it takes our token. Fails at once when its process is gone.
wait_until_ready() { # SECONDS
  local deadline=$((SECONDS + $1)) looks=0
  while [ "$SECONDS" -lt "$deadline" ]; do
    if [ $((looks % 10)) = 0 ] && ! live_pid "$gateway_pid" >/dev/null; then return 1; fi
    if port_open && [ "$(gateway_ready)" = yes ] && [ "$(gateway_authenticated)" = yes ]; then return 0; fi
    looks=$((looks + 1))
    nap 0.1
  done
  return 1
}

stop_gateway() { # SECONDS: a turn in flight makes newer releases drain for minutes, hence the bound
  ended=not_running
  if ! live_pid "$gateway_pid" >/dev/null; then
    if port_open; then adopt_gateway; else return 0; fi
  fi
  ended=
  end_process "$gateway_pid" "$1" || ended=not_running
  rm -f "$gateway_pid"
}
