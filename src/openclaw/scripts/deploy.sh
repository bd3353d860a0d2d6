# shellcheck shell=bash
# A whole deploy as one detached job: install, configure, start. Every step looks before it acts, so that the same job,
# started again after a kill or a sleep, goes on where it stopped.

deploy_main() {
  # Inputs stay variables of this shell: no installer, and no dependency's code, sees a key in its environment.
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do export -n "${name?}"; done
  # The machine carries its name from here on: a server without records finds it by that, and pays for no second one.
  if [ -n "${OPENCLAW_MCP_DEPLOYMENT:-}" ] && [ ! -s "$mcp_dir/deployment.json" ]; then
    make_dirs
    write_file "$mcp_dir/deployment.json" "$OPENCLAW_MCP_DEPLOYMENT"
  fi
  install_all
  configure_all
  if { [ "$changed" = yes ] || [ "$switched" = yes ]; } && live_pid "$gateway_pid" >/dev/null; then
    lock gateway 150
    stop_gateway 20
    unlock gateway
  fi
  ensure_gateway
  stage ready
  emit state ready
  emit openclaw_version "$openclaw_version"
  emit node_version "$node_version"
  emit started "$started"
  emit model "$model"
  emit kept_beside "$kept_beside"
}
