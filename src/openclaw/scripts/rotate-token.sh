# shellcheck shell=bash
# A new gateway token, made here and never sent anywhere; done only when the gateway refuses the old one.

rotate_token_main() {
  local proof=$mcp_dir/old-auth
  make_dirs
  require_sidecar
  check_prerequisites
  lock configure 30
  # The old one goes to a private file, so that it too is in no argument list.
  sidecar rotate-token "$mcp_dir/rotate.reply" < <(printf '{}')
  rm -f "$mcp_dir/rotate.reply"
  unlock configure
  lock gateway 150
  stop_gateway 20
  unlock gateway
  ensure_gateway
  if [ "$(gateway_status_with "$proof")" != 401 ]; then
    rm -f "$proof"
    fail old_token_accepted
  fi
  rm -f "$proof"
  emit rotated yes
}

gateway_status_with() { # HEADER-FILE → HTTP status
  gateway_curl /v1/models -m 5 -o /dev/null -w '%{http_code}' -H @"$1" 2>/dev/null || true
}
