# shellcheck shell=bash
# Says how a detached job stands, waiting inside the machine for a change, which costs no request to the cloud.

read_job_main() {
  local job_id=${OPENCLAW_MCP_JOB_ID:?} job_dir
  local deadline=$((SECONDS + ${OPENCLAW_MCP_WAIT_S:-0})) stages
  job_paths "$job_id"
  count_stages
  local seen=${OPENCLAW_MCP_SEEN_STAGES:-$stages}
  local looks=0
  until job_changed "$seen" || [ "$SECONDS" -ge "$deadline" ]; do
    looks=$((looks + 1))
    nap 0.1
  done
  emit job "$job_id"
  emit now "$(now_ms)"
  emit_stages
  job_state
  emit state "$state"
  if [ "$state" = "done" ] || [ "$state" = failed ]; then sed -n '/^end=1$/d; s/^/result./p' "$job_dir/result" >&3; fi
  if [ "$state" = failed ] || [ "$state" = lost ]; then
    if [ -s "$job_dir/log" ]; then tail -c 6000 "$job_dir/log" | emit_blob log; fi
  fi
}

# Starts no process but once a second, when it looks at the job's own: what is waited for needs the machine.
job_changed() { # SEEN-STAGES
  if [ -s "$job_dir/exit" ] || [ $((looks % 10)) = 0 ]; then
    job_state
    if [ "$state" != running ]; then return 0; fi
  fi
  count_stages
  [ "$stages" -gt "$1" ]
}

count_stages() { # sets `stages`
  stages=0
  if [ ! -f "$job_dir/journal" ]; then return 0; fi
  while read -r _; do stages=$((stages + 1)); done <"$job_dir/journal"
}

# unknown: never started · lost: its process went without a word, as when the machine slept or was killed.
job_state() {
  if [ -s "$job_dir/exit" ]; then
    if [ "$(cat "$job_dir/exit")" = 0 ]; then state='done'; else state=failed; fi
  elif [ ! -s "$job_dir/pid" ]; then
    state=unknown
  elif live_pid "$job_dir/pid" >/dev/null; then
    state=running
  elif [ -s "$job_dir/exit" ]; then # it ended between the two looks
    job_state
  else
    state=lost
  fi
}

emit_stages() {
  local index=0 at name
  if [ ! -f "$job_dir/journal" ]; then return 0; fi
  while read -r at name; do
    emit "stage.$index" "$at $name"
    index=$((index + 1))
  done <"$job_dir/journal"
}
