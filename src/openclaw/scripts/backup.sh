# shellcheck shell=bash
# Packs the assistant's state into one encrypted file that is then read in pieces. The gateway goes on working.

backup_main() {
  local name reply=${OPENCLAW_MCP_JOB_DIR:?}/packed
  for name in $(compgen -e OPENCLAW_MCP_ || true); do
    if [ "$name" != OPENCLAW_MCP_JOB_DIR ]; then export -n "${name?}"; fi
  done
  require_sidecar
  make_dirs
  stage pack
  sidecar pack-backup "$reply" < <(
    printf '{"job":"%s","key":"%s","manifest":%s}' "$(basename "$OPENCLAW_MCP_JOB_DIR")" "${OPENCLAW_MCP_KEY:?}" "${OPENCLAW_MCP_MANIFEST:?}"
  )
  emit_blob packed <"$reply"
}
