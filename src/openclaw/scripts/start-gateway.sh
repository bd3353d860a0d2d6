# shellcheck shell=bash
# Makes the gateway work: nothing to do when it already does, else it is started and waited for.

start_gateway_main() {
  require_sidecar
  make_dirs
  resume_suspended
  ensure_gateway
  emit started "$started"
  emit repaired "${repaired# }"
  emit pid "$(live_pid "$gateway_pid" || true)"
}
