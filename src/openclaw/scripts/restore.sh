# shellcheck shell=bash
# A backup becomes the state of this machine's assistant, as one detached job that can be killed at any moment and that
# puts the old state back when the gateway does not work with the new one.

restore_main() {
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do
    if [ "$name" != OPENCLAW_MCP_JOB_DIR ]; then export -n "${name?}"; fi
  done
  require_sidecar
  if [ ! -s "$state_dir/openclaw.json" ]; then fail not_configured; fi
  transfer=$mcp_dir/transfer/$(basename "${OPENCLAW_MCP_JOB_DIR:?}")
  claim_change
  if [ -z "$(change_step)" ] && [ ! -d "$change/next" ]; then unpack_backup; fi
  case "$(change_step)" in
    '' | changing)
      attempt put_backup_in_place "$change/attempt"
      if [ "$attempted" = ok ]; then write_file "$change/step" 'done'; fi
      ;;
  esac
  if [ "$(change_step)" = 'done' ]; then
    remember_what_works
    report_plugins
    emit rolled_back no
    if [ -d "$change/replaced" ]; then
      remove_tree "$mcp_dir/replaced"
      mv "$change/replaced" "$mcp_dir/replaced" || true
    fi
  else
    undo_attempt
  fi
  # Told already: what cannot be removed makes no failure of what has worked.
  remove_tree "$transfer"
}

put_backup_in_place() {
  if [ "$(change_step)" != changing ]; then
    begin_change move
    write_file "$change/step" changing
  else
    lock gateway 150
    stop_gateway 90
  fi
  replace_state
  ensure_gateway
  # Those in the backup are of the version that it was made with.
  update_plugins
}

# Whatever fails here has changed nothing, and leaves nothing behind.
unpack_backup() {
  stage unpack
  sidecar unpack-backup "$change/unpacked" < <(
    printf '{"job":"%s","port":%d,' "$(basename "$OPENCLAW_MCP_JOB_DIR")" "$port"
    input_to_stdout OPENCLAW_MCP_UNPACK | tail -c +2
  )
}
