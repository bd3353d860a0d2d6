# shellcheck shell=bash
# A machine without a Node: what can be said of it, and a job that begins on it as soon as a process of its own has one.

# The same start once more, in the background and without the request in its environment: a process that stays shows that
# to everybody. The whole program stands in `s`, see its runner.
begin_job() {
  if [ -e "$job/stopped" ]; then fail job_stopped; fi
  mkdir -p "$job"
  # The machine carries its name from here on: a server without records finds it by that.
  if [ ! -s "$mcp_dir/deployment.json" ]; then printf '%s\n' "$OPENCLAW_MCP_DEPLOYMENT" >"$mcp_dir/deployment.json"; fi
  printf '%s000 node\n' "$(date +%s)" >>"$job/journal"
  # A file that is nowhere: whoever is killed leaves none with keys in it.
  exec 5>"$job/request" 4<"$job/request" && rm -f "$job/request" "$job/said"
  input OPENCLAW_MCP_REQUEST_ >&5 || fail disk_full
  # shellcheck disable=SC2086 # names
  unset ${!OPENCLAW_MCP_REQUEST@}
  OPENCLAW_MCP_WITHOUT_NODE=job "$(command -v setsid || command -v nohup)" /bin/bash -c "$s" <&4 >"$job/said" 2>"$job/log" 3>&- 4<&- 5>&- &
  identity $! >"$job/fetching" || true
  say cold begun
  end 0
}

# Whether the process lives that was begun for it; that of an earlier version is the job itself.
fetching() { alive "$job/fetching" || alive "$job/pid"; }
alive() { # PID_FILE
  local known
  { read -r known <"$1"; } 2>/dev/null && [ "$(identity "${known%% *}")" = "$known" ]
}

without_node() { # no_node | busy: somebody installs one
  local state=unknown kib
  if fetching; then state=running; elif [ -s "$job/said" ]; then state=failed; elif [ -e "$job/said" ]; then state=lost; fi
  say_file job_journal "$job/journal"
  if [ "$state" = failed ]; then say_file job_result "$job/said"; fi
  say_file job_log "$job/log"
  say_file deployment "$mcp_dir/deployment.json"
  if [ -r /proc/meminfo ]; then read -r _ kib _ </proc/meminfo; else kib=$(($(sysctl -n hw.memsize || echo 0) / 1024)); fi
  printf '%s=%s\n' >&3 cold "$1" job_state "$state" now "$(date +%s)000" home "$home" arch "$arch" port "$port" \
    memory_kib "$kib" disk_kib "$(df -Pk "$home" | awk 'NR == 2 { print $4 " " $3 }')"
  if [ -n "$(find "$home/.openclaw/agents" -size +0 \( -name '*.jsonl' -o -name '*.sqlite' \) 2>/dev/null)" ]; then say state yes; fi
  if [ -s "$mcp_dir/openclaw.last-good.json" ]; then say worked yes; fi
  if [ -s "$home/.openclaw/openclaw.json" ]; then say config yes; fi
  end 0
}
