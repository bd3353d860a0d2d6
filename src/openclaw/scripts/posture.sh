# shellcheck shell=bash
# How exposed the gateway is: what its settings say, what its sockets do, who can read its files. Nothing is changed.

posture_main() {
  if [ ! -s "$state_dir/openclaw.json" ] || [ ! -x "$mcp_dir/node/bin/node" ]; then
    emit posture not_installed
    return
  fi
  require_sidecar
  emit posture read
  scratch=${scratch:-$(mktemp -d "$mcp_dir/posture.XXXXXX")}
  use_trust
  sidecar exposure "$scratch/exposure" < <(printf '{}')
  emit_blob exposure <"$scratch/exposure"
  emit listens "$(listens_on)"
  emit mode.state "$(file_mode "$state_dir")"
  emit mode.mcp "$(file_mode "$mcp_dir")"
  if [ "${OPENCLAW_MCP_AUDIT:-no}" = yes ]; then audit; fi
}

# loopback | others (some other computer could reach it) | nothing | unknown
listens_on() {
  local addresses
  if [ ! -r /proc/net/tcp ]; then
    printf unknown
    return
  fi
  addresses=$(awk -v port=":$(printf '%04X' "$port")" \
    '$4 == "0A" && substr($2, length($2) - 4) == port { print substr($2, 1, length($2) - 5) }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null || true)
  if [ -z "$addresses" ]; then
    printf nothing
  elif printf '%s\n' "$addresses" | grep -qvE '^(.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F)$'; then
    printf others
  else
    printf loopback
  fi
}

# OpenClaw's own audit; two to four seconds.
audit() {
  local answer
  answer=$(openclaw_cli security audit --json 2>/dev/null | head -c 200000 || true)
  case "$answer" in
    '{'*'"findings"'*) printf '%s' "$answer" | emit_blob audit ;;
    *) emit audit_state unsupported ;;
  esac
}
