# shellcheck shell=bash
# Ends a detached job for good: what it has started with it, and no start of it that is still on its way.

stop_job_main() {
  local job_id=${OPENCLAW_MCP_JOB_ID:?} job_dir pid tries=0
  job_paths "$job_id"
  make_dirs
  mkdir -p "$job_dir"
  lock "jobs/$job_id/start" 10
  : >"$job_dir/stopped"
  if ! pid=$(live_pid "$job_dir/pid"); then
    emit stopped no
    return
  fi
  signal_group TERM "$pid"
  while live_pid "$job_dir/pid" >/dev/null; do
    if [ $((tries += 1)) -gt 50 ]; then signal_group KILL "$pid"; fi
    nap 0.1
  done
  # An installer may outlive the shell that started it.
  signal_group KILL "$pid"
  emit stopped yes
}

# A job leads a process group of its own, but where there is no setsid. A gateway that it has started leads another.
signal_group() { # SIGNAL PID
  kill "-$1" -- "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null || true
}
