# shellcheck shell=bash
# Starts a script as a detached job under an id, or joins the one that already has it.

start_job_main() {
  local job_id=${OPENCLAW_MCP_JOB_ID:?} job_dir
  job_paths "$job_id"
  make_dirs
  # Looked for here: a job that is detached has nobody to ask for it.
  if [ ! -s "$mcp_dir/sidecar/${OPENCLAW_MCP_SIDECAR:?}.mjs" ]; then fail sidecar_missing; fi
  mkdir -p "$job_dir"
  lock "jobs/$job_id/start" 10
  if [ -e "$job_dir/stopped" ]; then fail job_stopped; fi
  emit job "$job_id"
  if [ -s "$job_dir/exit" ] && [ "$(cat "$job_dir/exit")" = 0 ]; then
    emit started no
    emit because 'done'
    return
  fi
  if live_pid "$job_dir/pid" >/dev/null; then
    emit started no
    emit because running
    return
  fi
  # A job that failed or was lost starts again here; its steps look before they act, so it goes on where it stopped.
  rm -f "$job_dir/exit" "$job_dir/result"
  if [ -s "$job_dir/journal" ]; then OPENCLAW_MCP_JOB_DIR=$job_dir stage resumed; fi
  local script=$OPENCLAW_MCP_JOB_SCRIPT
  unset OPENCLAW_MCP_JOB_SCRIPT
  # Set for the job alone: this script must not write the job's exit. The line is expanded by the job's own shell.
  # shellcheck disable=SC2016
  OPENCLAW_MCP_JOB_DIR=$job_dir OPENCLAW_MCP_SCRIPT=$script detach "$job_dir/pid" "$job_dir/result" "$job_dir/log" /bin/bash -c '
    set -o pipefail
    s=$(printf %s "$OPENCLAW_MCP_SCRIPT" | base64 -d | gzip -dc) || exit 70
    unset OPENCLAW_MCP_SCRIPT
    eval "$s"'
  emit started yes
}
