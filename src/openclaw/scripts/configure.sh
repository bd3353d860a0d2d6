# shellcheck shell=bash
# The gateway's settings and secrets: written whole, 0600, and only when they differ.

# Sets `changed` to yes when a running gateway does not know these settings yet.
configure_all() {
  local config=$state_dir/openclaw.json secrets=$state_dir/secrets.json token keys wanted
  changed=no
  make_dirs
  lock configure 30
  stage configure
  input_to_file OPENCLAW_MCP_CONFIG "$config.wanted"
  # Kept only while it is proven: the gateway was ready with it and took our token.
  if [ -s "$config" ] && [ "$(gateway_ready)" = yes ] && [ "$(gateway_authenticated)" = yes ]; then
    cp -f "$config" "$mcp_dir/openclaw.last-good.json"
  fi
  token=$(known_token "$secrets")
  if [ -z "$token" ]; then token=$(new_token); fi
  keys=${OPENCLAW_MCP_PROVIDER_KEYS:-{\}}
  unset OPENCLAW_MCP_PROVIDER_KEYS
  wanted='{"gateway":"'$token'"'
  if [ "$keys" != '{}' ]; then wanted+=,${keys#\{}; else wanted+='}'; fi
  if [ "$wanted" != "$(cat "$secrets" 2>/dev/null || true)" ]; then
    changed=yes
    write_file "$secrets" "$wanted"
  fi
  write_file "$auth_file" "Authorization: Bearer $token"
  if cmp -s "$config.wanted" "$config"; then
    rm -f "$config.wanted"
  else
    changed=yes
    mv -f "$config.wanted" "$config"
  fi
  chmod 600 "$config" "$secrets" "$auth_file"
  if [ -n "${OPENCLAW_MCP_DEPLOYMENT:-}" ]; then write_file "$mcp_dir/deployment.json" "$OPENCLAW_MCP_DEPLOYMENT"; fi
  unlock
}

known_token() { # SECRETS-FILE
  if [ -r "$1" ]; then sed -n 's/^{"gateway":"\([0-9a-f]\{64\}\)".*/\1/p' "$1"; fi
}

new_token() { # 256 bits
  head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'
}
