# shellcheck shell=bash
# Puts the machine's own program into its place: once per version, whole or not at all, under the hash of its text.

deliver_sidecar_main() {
  local folder=$mcp_dir/sidecar
  make_dirs
  mkdir -p "$folder"
  input_to_file OPENCLAW_MCP_BUNDLE "$folder/${OPENCLAW_MCP_SIDECAR:?}.mjs"
  # Another server of another version has its own; one that nobody has brought for a month is sent again when it is wanted.
  find "$folder" -type f -mtime +30 -exec rm -f {} +
}
