# shellcheck shell=bash
# OpenClaw's own command line, with what the gateway has around it. Each start costs one to three seconds.

openclaw_cli() {
  (
    exec 3>&- </dev/null
    drop_locks
    use_openclaw_env
    use_trust
    unset NODE_COMPILE_CACHE
    export OPENCLAW_GATEWAY_PORT=$port
    cd "$state_dir"
    exec "$mcp_dir/node/bin/node" "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" "$@"
  )
}
