# shellcheck shell=bash
# What OpenClaw's own doctor says, as it says it. Takes seconds, and as much memory as a small gateway.

diagnose_doctor_main() {
  local answer available
  available=$(meminfo_mib MemAvailable)
  if [ "$available" -gt 0 ] && [ "$available" -lt 600 ]; then
    emit doctor no_memory
    return
  fi
  if [ ! -s "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" ] || [ ! -x "$mcp_dir/node/bin/node" ]; then
    emit doctor not_installed
    return
  fi
  # Its exit code only says whether there are findings.
  answer=$(openclaw_command doctor --lint --json 2>/dev/null | head -c 200000 || true)
  case "$answer" in
    '{'*'"findings"'*)
      emit doctor answered
      printf '%s' "$answer" | emit_blob findings
      ;;
    *) emit doctor unsupported ;;
  esac
}
