# shellcheck shell=bash
# Brings the machine's own program, once per version, whole or not at all, and hands it the request: the rest is its own.

bootstrap_main() {
  begin
  mkdir -p "$folder"
  chmod 700 "$mcp_dir" "$folder"
  node=$mcp_dir/node
  bundle=$folder/${OPENCLAW_MCP_SIDECAR:?}.mjs
  if [ "${OPENCLAW_MCP_WITHOUT_NODE:-}" = become ]; then become_job; fi
  if [ ! -s "$bundle" ]; then deliver; fi
  find_node
  exec 4< <(input OPENCLAW_MCP_REQUEST)
  become start "$home" "$port" "${OPENCLAW_MCP_REPLACE:-no}" "$node/bin/node" <&4 4<&- >&3 3>&-
}

become() { # ARGUMENTS OF THE PROGRAM
  # shellcheck disable=SC2086 # names
  unset ${!OPENCLAW_MCP_@}
  export HOME=$home OPENCLAW_STATE_DIR=$home/.openclaw OPENCLAW_NO_RESPAWN=1 OPENCLAW_GATEWAY_PORT=$port
  export PATH=$mcp_dir/node/bin:$mcp_dir/bin:$PATH
  trap - EXIT
  exec "$node/bin/node" "$bundle" "$@"
}

deliver() {
  local new=$bundle.new.$$
  if ! { input OPENCLAW_MCP_BUNDLE | base64 -d | gzip -dc >"$new"; }; then fail input_damaged; fi
  if [ "$(sha_hex 256 "$new")" != "${OPENCLAW_MCP_BUNDLE_SHA256:?}" ]; then
    rm -f "$new"
    fail input_damaged
  fi
  # What nobody has brought for a month is sent again when it is wanted; the one that runs is needed by what it began.
  find "$folder" -name '*.mjs*' -type f -mtime +30 ! -name "$(readlink "$folder/main.mjs" || echo none)" -exec rm -f {} +
  mv -f "$new" "$bundle"
}
