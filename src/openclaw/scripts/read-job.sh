# shellcheck shell=bash
# Says how a detached job stands, waiting inside the machine for a change, which costs no request to the cloud.

read_job_main() {
  local job_id=${OPENCLAW_MCP_JOB_ID:?} job_dir
  local deadline=$((SECONDS + ${OPENCLAW_MCP_WAIT_S:-0}))
  job_paths "$job_id"
  local seen=${OPENCLAW_MCP_SEEN_STAGES:-$(stage_count)}
  until job_changed "$seen" || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.1; done
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

job_changed() { # SEEN-STAGES
  job_state
  if [ "$state" != running ]; then return 0; fi
  [ "$(stage_count)" -gt "$1" ]
}

stage_count() {
  if [ -f "$job_dir/journal" ]; then grep -c '' "$job_dir/journal" || true; else printf 0; fi
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
