# shellcheck shell=bash
# Ends the gateway by its identity, never by a pattern that this very command line could match.

stop_gateway_main() {
  make_dirs
  lock gateway 150
  stop_gateway "${OPENCLAW_MCP_STOP_TIMEOUT_S:-20}"
  emit how "$ended"
}
