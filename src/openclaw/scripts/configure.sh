# shellcheck shell=bash
# The gateway's settings and secrets: written whole, 0600, and only when they differ.

# Sets `changed` to yes when a running gateway does not know these settings yet.
configure_all() {
  local config=$state_dir/openclaw.json secrets=$state_dir/secrets.json token keys wanted merged proven
  changed=no
  make_dirs
  lock configure 30
  stage configure
  input_to_file OPENCLAW_MCP_CONFIG "$config.wanted"
  # Kept only while it is proven: the gateway was ready with it and took our token.
  proven=no
  if [ -s "$config" ] && [ "$(gateway_ready)" = yes ] && [ "$(gateway_authenticated)" = yes ]; then
    proven=yes
    cp -f "$config" "$mcp_dir/openclaw.last-good.json"
  fi
  keep_later_settings "$config"
  token=$(known_token "$secrets")
  if [ -z "$token" ]; then token=$(new_token); fi
  keys=${OPENCLAW_MCP_PROVIDER_KEYS:-{\}}
  unset OPENCLAW_MCP_PROVIDER_KEYS
  wanted='{"gateway":"'$token'"'
  if [ "$keys" != '{}' ]; then wanted+=,${keys#\{}; else wanted+='}'; fi
  # Secrets of channels, and of providers that this server has no key for, stay.
  if [ -n "$(known_token "$secrets")" ] && merged=$(printf '%s' "$wanted" | merged_json "$secrets" 0 2>/dev/null); then
    wanted=$merged
  fi
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

# What was changed since the deploy, by configure_openclaw, a person or OpenClaw itself, is no mistake of theirs: it stays
# unless this release cannot work with it.
keep_later_settings() { # CONFIG
  local merged=$1.merged keep=''
  if [ ! -s "$1" ]; then return 0; fi
  if [ "${OPENCLAW_MCP_KEEP_MODEL:-no}" = yes ]; then keep=agents.defaults.model; fi
  if merged_json "$1" 2 "$keep" <"$1.wanted" >"$merged" 2>/dev/null &&
    { [ "$proven$switched" = yesno ] || OPENCLAW_CONFIG_PATH=$merged openclaw_cli config validate >/dev/null 2>&1; }; then
    mv -f "$merged" "$1.wanted"
    if [ -n "$keep" ]; then OPENCLAW_MCP_MODEL=$(default_model "$1.wanted"); fi
  fi
  rm -f "$merged"
}

default_model() { # CONFIG
  machine_node -e '
    const { model } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).agents.defaults;
    console.log(model.primary ?? model);
  ' "$1"
}

known_token() { # SECRETS-FILE
  if [ -r "$1" ]; then sed -n 's/^{"gateway":"\([0-9a-f]\{64\}\)".*/\1/p' "$1"; fi
}

new_token() { # 256 bits
  head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'
}
