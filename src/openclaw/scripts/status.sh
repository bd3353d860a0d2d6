# shellcheck shell=bash
# All that gateway_status asks of a machine, in one command: every layer, how exposed it is, how its channels are.

status_main() {
  require_bundle
  # A look changes no permissions: those of the folders are among what is looked at.
  mkdir -p "$mcp_dir"
  scratch=$(mktemp -d "$mcp_dir/status.XXXXXX")
  probe_main
  part posture_main
  if [ "$gateway_state" = yes ]; then OPENCLAW_MCP_LIVE=channels part configure_show_main; fi
}

# A part that cannot be seen leaves a gap; the rest of the look is worth having.
part() { # FUNCTION
  if ("$1") 3>"$scratch/part"; then cat "$scratch/part" >&3; fi
}
