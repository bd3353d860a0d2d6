# shellcheck shell=bash
# Sessions whose turn a dying gateway left half done, and which OpenClaw works through again.

# As a packed reply of the machine's own program; nothing where there is none to ask about, or no program to ask.
emit_interrupted() {
  local known='' reply=$mcp_dir/interrupted.$$
  { IFS= read -r known <"$mcp_dir/interrupted.json"; } 2>/dev/null || true
  if [ -z "$known" ] || [ "$known" = '[]' ]; then return 0; fi
  if (printf '{}' | sidecar interrupted_sessions "$reply") 3>/dev/null; then emit_blob interrupted <"$reply"; fi
  rm -f "$reply" "$reply.said"
}
