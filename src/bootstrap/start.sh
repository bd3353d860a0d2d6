# shellcheck shell=bash
# Brings the machine's own program, once per version, whole or not at all, and hands it the request: the rest is its own.

bootstrap_main() {
  begin
  mkdir -p "$folder"
  chmod 700 "$mcp_dir" "$folder"
  bundle=$folder/${OPENCLAW_MCP_SIDECAR:?}.mjs
  find_node
  if [ ! -s "$bundle" ]; then deliver; fi
  # A job that began without a Node has it as its input already.
  if [ -n "${OPENCLAW_MCP_REQUEST_000:-}" ]; then exec < <(input OPENCLAW_MCP_REQUEST_); fi
  set -- start "$home" "$port" "${OPENCLAW_MCP_REPLACE:-no}" "$node/bin/node"
  # shellcheck disable=SC2086 # names
  unset ${!OPENCLAW_MCP_@}
  export HOME=$home OPENCLAW_STATE_DIR=$home/.openclaw OPENCLAW_NO_RESPAWN=1 OPENCLAW_GATEWAY_PORT=$port
  export PATH=$mcp_dir/node/bin:$mcp_dir/bin:$PATH
  trap - EXIT
  exec "$node/bin/node" "$bundle" "$@" >&3 3>&-
}

# Packed so that it fits into one piece, in a way that Node knows. Its name is its checksum.
deliver() {
  local new=$bundle.new.$$ said
  # What nobody has brought for a month is sent again when it is wanted; the one that runs is needed by what it began.
  find "$folder" -name '*.mjs*' -type f -mtime +30 ! -name "$(readlink "$folder/main.mjs" || echo none)" -exec rm -f {} +
  if ! said=$(input OPENCLAW_MCP_BUNDLE_ | "$node/bin/node" -e "$unpack" "$new" "$OPENCLAW_MCP_SIDECAR" 2>&1); then
    rm -f "$new"
    printf '%s\n' "$said"
    case "$said" in *ENOSPC* | *EDQUOT*) fail disk_full ;; *) fail input_damaged ;; esac
  fi
  mv -f "$new" "$bundle"
}

unpack="const { readFileSync, writeFileSync } = require('fs'), [file, name] = process.argv.slice(1);
const text = require('zlib').brotliDecompressSync(Buffer.from(readFileSync(0, 'latin1'), 'base64'));
if (!require('crypto').createHash('sha256').update(text).digest('hex').startsWith(name)) throw new Error('damaged');
writeFileSync(file, text);"
