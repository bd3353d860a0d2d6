# shellcheck shell=bash
# The gateway's settings and secrets as a deploy wants them: written whole, 0600, and only when they differ.

# Sets `changed` to yes when a running gateway does not know these settings yet.
configure_all() {
  local reply=$mcp_dir/configure.reply proven=no
  make_dirs
  lock configure 30
  stage configure
  # Kept only while it is proven: the gateway was ready with it and took our token.
  if [ -s "$state_dir/openclaw.json" ] && [ "$(gateway_ready)" = yes ] && [ "$(gateway_authenticated)" = yes ]; then
    proven=yes
  fi
  use_trust
  sidecar configure "$reply" < <(
    printf '{"proven":"%s","switched":"%s",' "$proven" "$switched"
    input_to_stdout OPENCLAW_MCP_CONFIGURE | tail -c +2
  )
  changed=$(reply_word changed <"$reply")
  model=$(reply_word model <"$reply")
  kept_beside=$(reply_word kept_beside <"$reply")
  rm -f "$reply"
  chmod 600 "$state_dir/openclaw.json" "$state_dir/secrets.json" "$auth_file"
  if [ -n "${OPENCLAW_MCP_DEPLOYMENT:-}" ]; then write_file "$mcp_dir/deployment.json" "$OPENCLAW_MCP_DEPLOYMENT"; fi
  unlock configure
}
