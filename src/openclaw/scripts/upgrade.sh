# shellcheck shell=bash
# Another OpenClaw under the same assistant, as one detached job: installed beside the old one while that works, switched
# with the state kept, proven, and undone when it does not work.

upgrade_main() {
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do
    if [ "$name" != OPENCLAW_MCP_JOB_DIR ]; then export -n "${name?}"; fi
  done
  restore=${OPENCLAW_MCP_RESTORE:-}
  claim_change
  name_trees
  if [ -z "$(change_step)" ]; then
    lock install 600
    install_trees
    require_room
    unlock install
  fi
  case "$(change_step)" in
    '' | changing)
      attempt change_version "$change/attempt"
      if [ "$attempted" = ok ]; then write_file "$change/step" 'done'; fi
      ;;
  esac
  if [ "$(change_step)" = 'done' ]; then
    remember_what_works
    tidy_after_upgrade
    report_versions
    emit rolled_back no
  else
    undo_attempt
    report_versions
    # Perhaps its files are the reason: another try shall begin with fresh ones.
    if [ "$(readlink "$mcp_dir/current")" != "app-$openclaw_version" ]; then remove_tree "$app_dir"; fi
  fi
}

# The copy of the state, and some air for the gateway; the trees had their own check.
require_room() {
  local state_kib free
  state_kib=$(du -sk "$state_dir" | cut -f1)
  free=$(df -Pk "$home" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt $((state_kib + 131072)) ]; then fail no_room_for_copy; fi
}

change_version() {
  if [ "$(change_step)" != changing ] || nothing_moved; then
    if [ -n "$restore" ]; then begin_change move; else begin_change copy; fi
    write_file "$change/step" changing
  else
    # A run before this one was killed, and somebody may have started the gateway since, with old links or new.
    lock gateway 150
    stop_gateway 90
  fi
  stage switch
  switch_versions
  if [ -n "$restore" ]; then bring_back_state; fi
  fill_settings
  ensure_gateway
  if databases | cmp -s - "$change/databases"; then
    write_file "$change/migrated" no
  else
    write_file "$change/migrated" yes
  fi
  update_plugins
}

# The state as this older version left it. The token and the keys are those of today.
bring_back_state() {
  if [ ! -d "$change/next" ] && [ ! -d "$change/replaced" ]; then
    rm -rf "$change/next.new"
    cp -a "$mcp_dir/kept/$restore" "$change/next.new"
    cp -p "$state_dir/secrets.json" "$change/next.new/secrets.json"
    mv "$change/next.new" "$change/next"
  fi
  replace_state
}

# The versions of before stay, with the state as they left it: that is the way back.
tidy_after_upgrade() {
  local node app tree
  read -r node app <"$change/from"
  if [ -d "$change/state" ]; then
    remove_tree "$mcp_dir/kept"
    mkdir -p "$mcp_dir/kept"
    mv "$change/state" "$mcp_dir/kept/${app#app-}"
  fi
  if [ -d "$change/replaced" ]; then
    remove_tree "$mcp_dir/replaced"
    mv "$change/replaced" "$mcp_dir/replaced"
  fi
  for tree in "$mcp_dir"/app-* "$mcp_dir"/node-*; do
    case "$(basename "$tree")" in
      "$app" | "$node" | "app-$openclaw_version" | "node-$node_version") ;;
      *) rm -rf "$tree" ;;
    esac
  done
}

report_versions() {
  local node='' app=''
  if [ -s "$change/from" ]; then read -r node app <"$change/from"; fi
  emit from "${app#app-}"
  emit to "$openclaw_version"
  emit node_from "${node#node-}"
  emit node_to "$node_version"
  emit state_migrated "$(cat "$change/migrated" 2>/dev/null || printf no)"
  report_plugins
}
