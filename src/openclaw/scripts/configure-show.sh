# shellcheck shell=bash
# The present settings without a secret in them, and on request what only a running gateway knows: how its channels are,
# and who waits for an answer.

configure_show_main() {
  local config=$state_dir/openclaw.json channel
  if [ ! -s "$config" ] || [ ! -s "$state_dir/secrets.json" ]; then fail not_configured; fi
  if [ ! -x "$mcp_dir/node/bin/node" ]; then fail not_installed; fi
  scratch=${scratch:-$(mktemp -d "$mcp_dir/show.XXXXXX")}
  emit home "$home"
  emit port "$port"
  emit openclaw_version "$(sed -n 's/^  "version": "\([^"]*\)".*/\1/p' "$mcp_dir/current/node_modules/openclaw/package.json" | head -n 1)"
  emit secret_names "$(names_in "$state_dir/secrets.json")"
  masked_json "$config" >"$scratch/config" || fail config_broken
  emit_blob config <"$scratch/config"
  local live=${OPENCLAW_MCP_LIVE:-}
  if [ -z "$live" ]; then return; fi
  if [ "$(gateway_ready)" != yes ]; then
    emit live no
    return
  fi
  emit live yes
  # Most assistants have none, and are not made to wait for OpenClaw's command line.
  if [ -n "$(names_in "$config" channels)" ]; then ask_openclaw channels channels status; fi
  if [ "$live" != all ]; then return; fi
  for channel in $(names_in "$config" channels); do
    case "$channel" in defaults | modelByChannel | *[!a-z0-9-]*) continue ;; esac
    ask_openclaw "pairing_$channel" pairing list "$channel"
  done
  ask_openclaw devices devices list
  ask_openclaw approvals approvals pending
}

# What cannot be asked of this release or channel is left out.
ask_openclaw() { # NAME COMMAND…
  local name=$1
  shift
  if openclaw_cli "$@" --json >"$scratch/answer" 2>/dev/null && [ -s "$scratch/answer" ]; then
    head -c 262144 "$scratch/answer" | emit_blob "${name//-/_}"
  fi
}

names_in() { # FILE [KEY]: the names in a JSON object
  machine_node -e '
    const json = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    console.log(Object.keys((process.argv[2] ? json[process.argv[2]] : json) ?? {}).join(" "));
  ' "$@" 2>/dev/null || true
}
