# shellcheck shell=bash
# A new gateway token, made here and never sent anywhere; done only when the gateway refuses the old one.

rotate_token_main() {
  local secrets=$state_dir/secrets.json text old new proof=$mcp_dir/old-auth
  make_dirs
  check_prerequisites
  lock configure 30
  old=$(known_token "$secrets")
  if [ -z "$old" ]; then fail not_configured; fi
  text=$(cat "$secrets")
  new=$(new_token)
  write_file "$secrets" "{\"gateway\":\"$new\"${text#"{\"gateway\":\"$old\""}"
  write_file "$auth_file" "Authorization: Bearer $new"
  chmod 600 "$secrets" "$auth_file"
  unlock
  lock gateway 150
  stop_gateway 20
  unlock
  ensure_gateway
  # In a private file, so that the old one too is in no argument list.
  write_file "$proof" "Authorization: Bearer $old"
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
