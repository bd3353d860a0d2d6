# shellcheck shell=bash
# Before a machine sleeps: which turns still run, and a gateway that takes no new ones where its version can promise
# that. After a wake that kept everything: the same gateway takes work again.

suspend_gateway_main() {
  local deadline=$((SECONDS + ${OPENCLAW_MCP_WAIT_S:-0})) state turns blockers
  until quiet || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.3; done
  emit state "$state"
  emit turns "$turns"
  emit blockers "$blockers"
}

# idle: nothing runs, and this version cannot promise more · suspended: it takes no new work · down: there is no gateway
quiet() {
  turns=$(turns_running) blockers=0 state=busy
  if [ -n "$turns" ]; then return 1; fi
  if ! live_pid "$gateway_pid" >/dev/null; then
    state=down
    return 0
  fi
  suspend_gateway
  [ "$state" != busy ]
}

turns_running() { # → their ids
  local marker dir found=''
  for marker in "$mcp_dir"/jobs/*/turn; do
    dir=${marker%/turn}
    if [ -e "$dir/sending" ] && [ ! -s "$dir/exit" ] && sender_lives "$dir"; then found+=" ${dir##*/}"; fi
  done
  printf '%s' "${found# }"
}

sender_lives() { # JOB-DIR; src/sidecar/turns writes what it reads
  local at known now
  { read -r at known <"$1/sending"; } 2>/dev/null || return 1
  now=$(identity_of "${known%% *}") || return 1
  [ "${at:+$now}" = "$known" ]
}

suspend_gateway() {
  local answer id
  answer=$(ask_openclaw gateway suspend --json)
  case "$answer" in
    *'"status":"ready"'*)
      state=suspended
      id=$(printf '%s' "$answer" | sed -n 's/.*"suspensionId":"\([A-Za-z0-9_-]*\)".*/\1/p')
      write_file "$mcp_dir/suspension" "$id $(cat "$gateway_pid")"
      ;;
    # By somebody else, or by an earlier sleep of ours that came no further.
    *gateway-suspension-conflict*) state=suspended ;;
    *'"status":"busy"'*) blockers=$(printf '%s' "$answer" | grep -o '"activeCount":[0-9]*' | head -n 1 | tr -dc 0-9) ;;
    # Versions before 2026.9 do not know the command; nothing that we sent is running.
    *) state=idle ;;
  esac
}

# A gateway that slept through its suspension, rather than being ended, would refuse work for up to two minutes.
resume_suspended() {
  local id of
  if ! read -r id of 2>/dev/null <"$mcp_dir/suspension"; then return 0; fi
  rm -f "$mcp_dir/suspension"
  if [ -z "$id" ] || ! live_pid "$gateway_pid" >/dev/null || [ "$of" != "$(cat "$gateway_pid")" ]; then return 0; fi
  ask_openclaw gateway resume "$id" --json >/dev/null
}

ask_openclaw() { # ARGS… → its answer without white space; empty when it gave none
  (
    use_openclaw_env
    timeout 20 "$mcp_dir/node/bin/node" "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" "$@" 2>/dev/null </dev/null | tr -d ' \n'
  ) || true
}
