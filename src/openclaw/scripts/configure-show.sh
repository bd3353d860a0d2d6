# shellcheck shell=bash
# The present settings without a secret in them, and on request what only a running gateway knows: how its channels are,
# and who waits for an answer.

configure_show_main() {
  local channel channels
  if [ ! -s "$state_dir/openclaw.json" ] || [ ! -s "$state_dir/secrets.json" ]; then fail not_configured; fi
  require_sidecar
  scratch=${scratch:-$(mktemp -d "$mcp_dir/show.XXXXXX")}
  emit home "$home"
  emit port "$port"
  emit openclaw_version "$(sed -n 's/^  "version": "\([^"]*\)".*/\1/p' "$mcp_dir/current/node_modules/openclaw/package.json" | head -n 1)"
  sidecar show-settings "$scratch/settings" < <(printf '{}')
  emit_blob settings <"$scratch/settings"
  local live=${OPENCLAW_MCP_LIVE:-}
  if [ -z "$live" ]; then return; fi
  if [ "$(gateway_ready)" != yes ]; then
    emit live no
    return
  fi
  emit live yes
  channels=$(reply_word channel_names <"$scratch/settings")
  # Most assistants have none, and are not made to wait for OpenClaw's command line.
  if [ -n "$channels" ]; then ask_openclaw channels channels status; fi
  if [ "$live" != all ]; then return; fi
  for channel in $channels; do ask_openclaw "pairing_$channel" pairing list "$channel"; done
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
