# shellcheck shell=bash
# Answers requests that wait for the owner: a person who wants to write to a channel, a device, a command to be run.

channel_answer_main() {
  local kind id verdict index=0
  if [ "$(gateway_ready)" != yes ]; then fail gateway_not_ready; fi
  scratch=$(mktemp -d "$mcp_dir/answer.XXXXXX")
  while read -r kind id verdict; do
    if [ -z "$kind" ]; then continue; fi
    if answer_one "$kind" "$id" "$verdict" >"$scratch/said" 2>&1; then emit "answer.$index" 'done'; else emit "answer.$index" refused; fi
    tail -c 2000 "$scratch/said" | emit_blob "said.$index"
    index=$((index + 1))
  done <<<"${OPENCLAW_MCP_ANSWERS:?}"
}

answer_one() { # KIND ID VERDICT
  case "$1 $3" in
    'device approve') openclaw_cli devices approve "$2" ;;
    'device deny') openclaw_cli devices reject "$2" ;;
    'exec approve') openclaw_cli approvals resolve "$2" allow-once ;;
    'exec deny') openclaw_cli approvals resolve "$2" deny ;;
    *approve) openclaw_cli pairing approve "$1" "$2" ;;
    *) return 1 ;;
  esac
}
