# shellcheck shell=bash
# Which older versions left their state on this machine when they were upgraded.

kept_states_main() {
  local dir
  emit kept "$(for dir in "$mcp_dir"/kept/*/; do if [ -d "$dir" ]; then basename "$dir"; fi; done | tr '\n' ' ')"
}
