# shellcheck shell=bash
# Ends a detached job for good: what it has started with it, and no start of it that is still on its way.

stop_job_main() {
  local job_id=${OPENCLAW_MCP_JOB_ID:?} job_dir pid
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
  end_process "$job_dir/pid" 5 || true
  # An installer may outlive the shell that started it.
  signal_group KILL "$pid"
  emit stopped yes
}

# A job leads a process group of its own, but where there is no setsid. A gateway that it has started leads another.
signal_group() { # SIGNAL PID
  kill "-$1" -- "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null || true
}
