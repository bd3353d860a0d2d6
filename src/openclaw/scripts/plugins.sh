# shellcheck shell=bash
# Channels that are packages of their own, kept in the state folder: OpenClaw wants them in its own version, and its
# installation leaves them as they are.

# Whether the plugin of NPM-SPEC is missing or of another version; sets `plugin_before`, nothing where it is missing.
plugin_wanted() { # NPM-SPEC
  local id=${1#@openclaw/}
  id=${id%@*} plugin_before=''
  if [ -d "$mcp_dir/current/node_modules/openclaw/dist/extensions/$id" ]; then return 1; fi
  plugin_before=$(openclaw_cli plugins list --json 2>/dev/null | plugin_version "$id" || true)
  [ "$plugin_before" != "${1##*@}" ] && [ "$plugin_before" != unknown ]
}

plugin_version() { # ID < what `plugins list` printed; nothing when it is not there
  # shellcheck disable=SC2016 # JavaScript
  "$mcp_dir/node/bin/node" -e '
    const text = require("node:fs").readFileSync(0, "utf8");
    const { plugins = [] } = JSON.parse(text.slice(text.indexOf("{")));
    const found = plugins.find(({ id }) => id === process.argv[1]);
    if (found) console.log(found.version ?? "unknown");
  ' "$1" 2>/dev/null
}

# OpenClaw puts a package in place only when it is whole and checked: after a failure there is what there was.
install_plugin() { # NPM-SPEC LOG
  use_network
  export NPM_CONFIG_REGISTRY=$registry
  openclaw_cli plugins install "$1" --force --accept-capabilities >"$2" 2>&1 ||
    openclaw_cli plugins install "$1" >>"$2" 2>&1
}

# Every connected channel among OPENCLAW_MCP_PLUGINS in the version that is current, with its gateway running and started
# anew for it. One that cannot be had stays, which is no reason to go without the rest of a change.
update_plugins() {
  local version updated=no spec id
  version=$(readlink "$mcp_dir/current")
  rm -f "$change/plugins-left"
  for spec in $(connected_plugins); do
    if ! plugin_wanted "$spec@${version#app-}"; then continue; fi
    stage plugin
    id=${spec#@openclaw/}
    if install_plugin "$spec@${version#app-}" "$change/plugin.log"; then
      updated=yes
      printf '%s ' "$id" >>"$change/plugins-updated"
    else
      printf '%s ' "$id" >>"$change/plugins-left"
    fi
  done
  if [ "$updated" = no ]; then return 0; fi
  lock gateway 150
  stop_gateway 90
  unlock gateway
  ensure_gateway
}

report_plugins() {
  emit plugins_updated "$(cat "$change/plugins-updated" 2>/dev/null || true)"
  emit plugins_left "$(cat "$change/plugins-left" 2>/dev/null || true)"
}

# The packages of OPENCLAW_MCP_PLUGINS whose channel is set up.
connected_plugins() {
  local connected package
  connected=" $(sidecar_word connected-channels names) "
  for package in ${OPENCLAW_MCP_PLUGINS:-}; do
    case "$connected" in *" ${package#*/} "*) printf '%s ' "$package" ;; esac
  done
}
