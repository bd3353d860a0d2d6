# shellcheck shell=bash
# The last lines of the gateway's own log, and of what its process printed: both are files, so a dead gateway can be read.

read_log_main() {
  local lines=${OPENCLAW_MCP_LINES:?} max_bytes=${OPENCLAW_MCP_MAX_BYTES:-262144}
  emit_log log "$state_dir/logs/openclaw.log" "$lines" "${OPENCLAW_MCP_CONTAINS_JSON:-}" "${OPENCLAW_MCP_LEVELS:-}"
  emit_log printed "$state_dir/logs/gateway.out" "$lines" "${OPENCLAW_MCP_CONTAINS:-}" ''
}

# Without a temporary file: logs are wanted most when the disk is full.
emit_log() { # NAME FILE LINES CONTAINS LEVELS
  if [ ! -s "$2" ]; then return 0; fi
  local LC_ALL=C kept
  # The newest 64 MB are enough, and bound the time. grep's 1 is "no line", which is no failure here.
  kept=$(
    tail -c 67108864 "$2" | tr -d '\0' |
      if [ "$1" = log ]; then drop_origin; else cat; fi |
      if [ -n "$4" ]; then grep -aiF -e "$4" || [ $? = 1 ]; else cat; fi |
      if [ -n "$5" ]; then grep -aE -e "\"logLevelName\":\"($5)\"" || [ $? = 1 ]; else cat; fi |
      tail -n "$3"
  )
  if [ "${#kept}" -gt "$max_bytes" ]; then
    emit "$1_truncated" 1
    # From the end, and without the line that the cut went through.
    kept=${kept: -max_bytes}
    # Not by the shell's own patterns: on one long line those take minutes.
    case "$kept" in *$'\n'*) kept=$(printf '%s\n' "$kept" | tail -n +2) ;; esac
  fi
  printf '%s\n' "$kept" | emit_blob "$1"
}

# Where in OpenClaw's code a line was written is half of its bytes, and would match every search for "openclaw".
drop_origin() {
  LC_ALL=C sed -E 's/,"path":\{"fullFilePath"[^{}]*\}//; s/"runtime":"node","runtimeVersion":"[^"]*",//; s/,"hostname":"[^"]*"//g; s/"hostname":"[^"]*",//g; s/,"parentNames":\["openclaw"\]//'
}
