# shellcheck shell=bash
# One command of the machine's own program (src/sidecar), run by the machine's Node.

sidecar() { # COMMAND REPLY-FILE < request; ends this script with the code that the program gave
  local code='' status=0
  require_sidecar
  run_sidecar "$1" >"$2" 2>"$2.said" || status=$?
  if [ "$status" = 3 ]; then
    { read -r code && cat >"$2.said"; } <"$2" || true
    fail "${code:-unexpected}" "$2.said"
  elif [ "$status" != 0 ]; then
    fail sidecar_failed "$2.said"
  fi
  rm -f "$2.said"
}

run_sidecar() { # COMMAND < request > reply
  (
    exec 3>&-
    drop_locks
    use_openclaw_env
    export OPENCLAW_GATEWAY_PORT=$port
    exec "$mcp_dir/node/bin/node" "$sidecar_bundle" "$1" "$home" "$port"
  )
}

# One word of the answer to a command that needs no request; nothing where it cannot be had. After require_sidecar.
sidecar_word() { # COMMAND FIELD
  { printf '{}' | run_sidecar "$1" 2>/dev/null | reply_word "$2"; } || true
}

reply_word() { # FIELD < reply: a string of one line without quotes in it
  sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p"
}

# A server that hears this sends the bundle and repeats its command: called before anything else is done.
require_bundle() { # sets sidecar_bundle
  sidecar_bundle=$mcp_dir/sidecar/${OPENCLAW_MCP_SIDECAR:?}.mjs
  if [ ! -s "$sidecar_bundle" ]; then fail sidecar_missing; fi
}

require_sidecar() {
  require_bundle
  if [ ! -x "$mcp_dir/node/bin/node" ]; then fail not_installed; fi
}
