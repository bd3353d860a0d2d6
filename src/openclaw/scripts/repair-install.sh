# shellcheck shell=bash
# Puts a missing or broken Node or OpenClaw back, in the same versions, as a detached job. Settings and state stay.

repair_install_main() {
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do export -n "${name?}"; done
  install_all
  emit openclaw_version "$openclaw_version"
  emit node_version "$node_version"
}

# A repair asks more of a tree than an installation does: every file and every package.
app_whole() {
  [ -s "$app_dir/node_modules/openclaw/package.json" ] && [ -z "$(missing_parts "$node_dir/bin/node" "$app_dir" 2>&1)" ]
}
