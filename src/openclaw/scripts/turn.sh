# shellcheck shell=bash
# One chat turn as a job under its own id: sent at most once, running on without us, readable until it is cleaned up.
#
# The right to send is the file `sending`, which appears whole and only once (a hard link), with its owner's identity.
# So any number of starts may race or die: without `sending` nothing was sent; with it, but without `exit` and without
# its owner, nobody can know how far the message came (`lost`).

turn_main() {
  local turn_id=${OPENCLAW_MCP_TURN_ID:?} mode=${OPENCLAW_MCP_MODE:?} offset=${OPENCLAW_MCP_OFFSET:-0}
  local wait_s=${OPENCLAW_MCP_WAIT_S:-0} max_bytes=${OPENCLAW_MCP_MAX_BYTES:-524288} job_dir state
  # Seconds that a freshly started sender gets to claim the turn.
  local grace=0 now began
  tick
  began=$now
  job_paths "$turn_id"
  case "$mode" in
    start) start_turn ;;
    cancel) cancel_turn ;;
    wait) ;;
    *) fail input_missing ;;
  esac
  await_turn
  emit state "$state"
  if [ "$state" != unknown ]; then emit_turn; fi
}

start_turn() {
  if [ -e "$job_dir/sending" ]; then return; fi
  if [ ! -s "$auth_file" ]; then fail not_configured; fi
  if [ ! -d "$mcp_dir/lanes" ]; then
    make_dirs
    mkdir -p "$mcp_dir/lanes"
  fi
  mkdir -p "$job_dir"
  : >"$job_dir/turn" # tells a turn from other jobs
  # Whole or not at all: another start of this turn may be sending just now.
  write_file "$job_dir/context" "${OPENCLAW_MCP_CONTEXT:-}"
  write_file "$job_dir/headers-sent" "${OPENCLAW_MCP_HEADERS:-}"
  local history=${OPENCLAW_MCP_HISTORY:?} lane=${OPENCLAW_MCP_LANE:?}
  input_to_file OPENCLAW_MCP_REQUEST "$job_dir/request.json"
  use_openclaw_env
  launch_sender
  grace=5
}

launch_sender() {
  local session=(setsid) url=http://127.0.0.1:$port
  if ! command -v setsid >/dev/null; then session=(nohup); fi
  # shellcheck disable=SC2016 # expanded by the sender's own shell
  (
    exec 3>&- </dev/null >/dev/null 2>&1
    drop_locks
    "${session[@]}" /bin/bash -c "$(declare -f identity_of now_ms write_file sender_lives send_turn ask_transcript ask_log forget_old_turns)"'
      send_turn "$@"' turn "$job_dir" "$auth_file" "$url/v1/chat/completions" "$url$history" "$mcp_dir/lanes/$lane" \
      "$state_dir/logs/openclaw.log" &
  )
}

# Runs detached. No time limit: an agent may work for hours, and the gateway ends a turn by its own rules.
send_turn() { # JOB-DIR AUTH-FILE CHAT-URL HISTORY-URL LANE-FILE LOG-FILE
  set -u
  umask 077
  local http curl_exit=0
  cd "$1" || exit 1
  printf '%s %s\n' "$(now_ms)" "$(identity_of $$)" >"claim.$$"
  if ! ln "claim.$$" sending 2>/dev/null; then
    rm -f "claim.$$"
    exit 0
  fi
  # One at a time per session: 2026.9.6 queues them too, but fails all but one when they start a new session together.
  if command -v flock >/dev/null; then
    exec 8>"$5"
    flock 8
  fi
  : >sent
  # An empty Expect: with a large body curl would otherwise wait a second for a "100 Continue".
  http=$(curl -q --proto =http -sS -N --noproxy '*' --connect-timeout 5 -H @"$2" -H @headers-sent -H 'Content-Type: application/json' \
    -H 'Expect:' --data-binary @request.json -o response -w '%{http_code}' "$3" 2>curl-error) || curl_exit=$?
  if [ "$http" = 200 ]; then
    ask_transcript "$2" "$4"
    ask_log "$6"
  fi
  write_file exit "$(now_ms) $curl_exit $http"
  rm -f request.json "claim.$$"
  forget_old_turns
}

# An answer that does not say how it ended (2026.3.24), or whose words are those of a failure (2026.7.1), needs the
# session's newest message to be understood.
ask_transcript() { # AUTH-FILE HISTORY-URL
  if grep -q '"finish_reason":"' response && ! grep -qE 'LLM request|HTTP [0-9]{3} |failed before|⚠️' response; then
    return
  fi
  curl -q --proto =http -sS -g -m 10 --noproxy '*' -H @"$1" -o transcript "$2" 2>/dev/null || rm -f transcript
}

# Of a turn that failed for the provider or the model, the answer says "internal error" and no more (2026.9.6); its log
# says why, under the id that the answer carries.
ask_log() { # LOG-FILE
  local run
  if ! grep -q '^data: {"error"' response; then return; fi
  run=$(grep -oE '"id":"chatcmpl_[0-9a-f-]{36}"' response | head -n 1 | cut -d '"' -f 4)
  if [ -z "$run" ] || [ ! -r "$1" ]; then return; fi
  tail -c 8388608 "$1" | LC_ALL=C grep -aF "$run" | LC_ALL=C grep -aE 'agent_end|retries exhausted|incomplete turn' |
    tail -n 4 | head -c 65536 >run-log
}

# Keeps the newest 50 turns, and none but the newest ten for more than a week, which a clock that was set may call any
# time; this turn itself, and one that still runs, stays.
forget_old_turns() {
  local count=0 marker dir stale
  stale=$(find .. -mindepth 2 -maxdepth 2 -name turn -mtime +7 2>/dev/null)
  # shellcheck disable=SC2012 # ids hold only letters, digits, dot, dash and underscore
  ls -t ../*/turn 2>/dev/null | while IFS= read -r marker; do
    dir=${marker%/turn}
    count=$((count + 1))
    if [ "$count" -le 10 ] || [ "$dir" -ef . ]; then continue; fi
    case "$stale" in *"$marker"*) ;; *) if [ "$count" -le 50 ]; then continue; fi ;; esac
    if [ -e "$dir/exit" ] || ! sender_lives "$dir"; then rm -rf "$dir"; fi
  done
  find ../../lanes -type f -mtime +30 -exec rm -f {} +
}

sender_lives() { # JOB-DIR
  local at known now
  { read -r at known <"$1/sending"; } 2>/dev/null || return 1
  now=$(identity_of "${known%% *}") || return 1
  [ "${at:+$now}" = "$known" ]
}

# ended: see `exit` · running · unsent: nothing was sent · lost: sent perhaps, and nobody waits for the answer any more
turn_state() {
  if [ -s "$job_dir/exit" ]; then
    state=ended
  elif [ ! -d "$job_dir" ] || [ ! -e "$job_dir/turn" ]; then
    state=unknown
  elif [ ! -e "$job_dir/sending" ]; then
    state=unsent
  elif sender_lives "$job_dir"; then
    state=running
  elif [ -s "$job_dir/exit" ]; then # it ended between the two looks
    state=ended
  else
    state=lost
  fi
}

# Looks at `exit` every 10 ms without starting a process, and at the sender itself every half second.
await_turn() {
  local deadline grace_end looks=0
  tick
  deadline=$((now + wait_s * 1000)) grace_end=$((now + grace * 1000))
  turn_state
  while :; do
    case "$state" in
      running) if [ "$now" -ge "$deadline" ]; then return; fi ;;
      unsent) if [ "$now" -ge "$grace_end" ]; then return; fi ;;
      *) return ;;
    esac
    nap 0.01
    tick
    looks=$((looks + 1))
    if [ -s "$job_dir/exit" ] || [ "$state" = unsent ] || [ $((looks % 50)) = 0 ]; then turn_state; fi
  done
}

# Sets `now` in milliseconds; an old bash has no clock of its own but this one.
tick() {
  now=$((SECONDS * 1000))
  if [ -n "${EPOCHREALTIME:-}" ]; then
    now=${EPOCHREALTIME//[.,]/}
    now=${now%???}
  fi
}

# Closing the connection is how a client cancels; what was not sent is never sent after this.
cancel_turn() {
  local owner
  # The id of another job is left alone; where there is nothing yet, a start may be on its way.
  if [ -s "$job_dir/exit" ] || [ -e "$job_dir/pid" ]; then return; fi
  mkdir -p "$job_dir"
  : >"$job_dir/turn"
  printf '%s 0 - -\n' "$(now_ms)" >"$job_dir/claim.$$"
  if ! ln "$job_dir/claim.$$" "$job_dir/sending" 2>/dev/null && sender_lives "$job_dir"; then
    read -r _ owner <"$job_dir/sending"
    # The sender leads a process group of its own, with curl in it.
    kill -KILL -- "-${owner%% *}" 2>/dev/null || kill -KILL "${owner%% *}" 2>/dev/null || true
  fi
  rm -f "$job_dir/claim.$$" "$job_dir/request.json"
  if [ ! -s "$job_dir/exit" ]; then write_file "$job_dir/exit" "$(now_ms) ${OPENCLAW_MCP_BECAUSE:-cancelled} -"; fi
}

emit_turn() {
  local started ended curl_exit http size=0 length context
  if [ -e "$job_dir/response" ]; then size=$(($(wc -c <"$job_dir/response"))); fi
  if read -r started _ 2>/dev/null <"$job_dir/sending"; then emit started_ms "$started"; fi
  if read -r ended curl_exit http 2>/dev/null <"$job_dir/exit"; then
    emit ended_ms "$ended"
    emit curl_exit "$curl_exit"
    emit http "$http"
  fi
  emit now_ms "$(now_ms)"
  if [ -e "$job_dir/sent" ]; then emit sent yes; else emit sent no; fi
  length=$((size - offset))
  if [ "$length" -gt "$max_bytes" ]; then length=$max_bytes; fi
  if [ "$state" = ended ] && [ "$offset" = 0 ] && [ "$length" = "$size" ] && [ "$size" -gt 0 ]; then
    # As a rule: the whole answer at once, with four processes less.
    emit_blob sse <"$job_dir/response"
    offset=$size
  elif [ "$length" -gt 0 ]; then
    if [ "$state" = running ] || [ $((offset + length)) -lt "$size" ]; then
      from_offset | head -c "$length" >"$job_dir/piece.$$"
      length=$((length - $(cut_character "$job_dir/piece.$$")))
      rm -f "$job_dir/piece.$$"
    fi
    from_offset | head -c "$length" | emit_blob sse
    offset=$((offset + length))
  fi
  emit next "$offset"
  emit size "$size"
  if [ -s "$job_dir/curl-error" ]; then tail -c 2000 "$job_dir/curl-error" | emit_blob curl_error; fi
  if [ "$state" = ended ] && [ -s "$job_dir/transcript" ]; then
    head -c 1048576 "$job_dir/transcript" | emit_blob transcript
  fi
  if [ "$state" = ended ] && [ -s "$job_dir/run-log" ]; then emit_blob run_log <"$job_dir/run-log"; fi
  if IFS= read -r context 2>/dev/null <"$job_dir/context"; then emit context "$context"; fi
  # An old bash tells whole seconds only, which say nothing here.
  tick
  if [ -n "${EPOCHREALTIME:-}" ]; then emit took_ms "$((now - began))"; fi
}

# head closes the pipe early, which is no failure of tail's.
from_offset() {
  tail -c "+$((offset + 1))" "$job_dir/response" || true
}
