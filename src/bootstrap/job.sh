# shellcheck shell=bash
# A job where no Node is yet: a process of its own fetches one and then becomes the job. Its files are those of any job.

# For who asks about one. Returns where a Node has come meanwhile. The whole program stands in `s`, see its runner.
without_node_job() { # begin|read|stop
  case "${OPENCLAW_MCP_JOB_ID:-}" in '' | *[!A-Za-z0-9._-]* | .*) fail bad_job_id ;; esac
  job=$mcp_dir/jobs/$OPENCLAW_MCP_JOB_ID
  case "$1" in
    begin) begin_job ;;
    stop) stop_job ;;
    read)
      until runs "$node" || ! job_runs || [ "$SECONDS" -ge 10 ]; do sleep 0.1; done
      if runs "$node"; then return; fi
      ;;
  esac
  without_node no_node
}

job_runs() {
  local known
  { read -r known <"$job/pid"; } 2>/dev/null && [ "$(identity "${known%% *}")" = "$known" ]
}

job_facts() {
  local state=unknown
  if [ -s "$job/exit" ]; then state=failed; elif job_runs; then state=running; elif [ -s "$job/pid" ]; then state=lost; fi
  say job_state "$state"
  say now "$(date +%s)000"
  say_file job_journal "$job/journal"
  if [ "$state" = failed ]; then say_file job_result "$job/result"; fi
  say_file job_log "$job/log"
}

claim_job() {
  mkdir -p "$job"
  chmod 700 "$mcp_dir" "$mcp_dir/jobs"
  if ! take "$job/start" 10; then fail locked; fi
}

begin_job() {
  local session='setsid' tries=0
  claim_job
  if [ -e "$job/stopped" ]; then fail job_stopped; fi
  if ! job_runs; then
    rm -f "$job/exit" "$job/result" "$job/pid"
    # The machine carries its name from here on: a server without records finds it by that.
    if [ ! -s "$mcp_dir/deployment.json" ]; then printf '%s\n' "$OPENCLAW_MCP_DEPLOYMENT" >"$mcp_dir/deployment.json"; fi
    # By a file that the job removes: no argument and no environment of a process that stays holds it.
    input OPENCLAW_MCP_REQUEST | base64 -d | gzip -dc >"$job/request"
    if [ -s "$job/journal" ]; then stage resumed; fi
    # shellcheck disable=SC2086 # names
    unset ${!OPENCLAW_MCP_REQUEST@} ${!OPENCLAW_MCP_BUNDLE@}
    if ! command -v setsid >/dev/null; then session='nohup'; fi
    OPENCLAW_MCP_WITHOUT_NODE=become $session /bin/bash -c "$s" </dev/null >"$job/log" 2>&1 3>&- 9>&- &
    # By whoever begins it too: nobody may take it for one that was never begun.
    { identity $! >"$job/pid.begun" && mv -f "$job/pid.begun" "$job/pid"; } || true
    until [ -s "$job/pid" ] || [ $((tries += 1)) -gt 50 ]; do sleep 0.05; done
  fi
  say cold begun
  end 0
}

stage() { # NAME
  printf '%s000 %s\n' "$(date +%s)" "$1" >>"$job/journal"
}

# In the detached process. What it says is the job's result.
become_job() {
  job=$mcp_dir/jobs/$OPENCLAW_MCP_JOB_ID
  exec 3>"$job/said"
  # What it has begun may hold the lock.
  on_end() { wait; rm -f "$job/request" && mv -f "$job/said" "$job/result" && echo "$1" >"$job/exit"; }
  identity $$ >"$job/pid.new" && mv -f "$job/pid.new" "$job/pid"
  stage node
  if ! take "$mcp_dir/install" 600; then fail locked; fi
  if [ "$(cat "$job/pid")" != "$(identity $$)" ]; then trap - EXIT && exit 0; fi
  if [ "$(df -Pk "$home" | awk 'NR == 2 { print $4 }')" -lt 1048576 ]; then fail disk_full; fi
  use_network
  # The installer that needs no Node comes meanwhile; without it the job asks for it again.
  fetch_bun >"$mcp_dir/bun.log" 2>&1 &
  mend_node "$OPENCLAW_MCP_NODE_VERSION"
  wait
  drop "$mcp_dir/install"
  rm -f "$job/said" "$mcp_dir/bun.log"
  become job "$home" "$port" "$OPENCLAW_MCP_JOB_ID" 3>&-
}

# What it has started ends with it.
stop_job() {
  local pid tries=0
  claim_job
  : >"$job/stopped"
  rm -f "$job/request"
  if ! job_runs; then return; fi
  read -r pid _ <"$job/pid"
  kill -TERM -- "-$pid" 2>/dev/null || kill "$pid" || true
  while job_runs && [ $((tries += 1)) -le 50 ]; do sleep 0.1; done
  kill -KILL -- "-$pid" 2>/dev/null || true
}
