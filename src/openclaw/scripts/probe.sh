# shellcheck shell=bash
# One look at every layer, cheapest first. What was not asked says `not_checked`; nothing is started or changed.

probe_main() {
  if [ -x "$mcp_dir/node/bin/node" ]; then require_sidecar; fi
  probe_machine
  probe_install
  probe_files
  probe_gateway
  probe_jobs
  emit_interrupted
}

probe_machine() {
  local uptime=''
  emit home "$home"
  emit os "$os"
  emit arch "$arch"
  emit port "$port"
  emit memory_total_mib "$(memory_limit_mib)"
  emit memory_available_mib "$(meminfo_mib MemAvailable)"
  df -Pk "$home" | awk 'NR == 2 { printf "disk_free_mib=%d\ndisk_used_mib=%d\n", $4 / 1024, $3 / 1024 }' >&3
  if [ -r /proc/uptime ]; then read -r uptime _ </proc/uptime; fi
  emit uptime_seconds "${uptime%%.*}"
  emit now_ms "$(now_ms)"
}

probe_install() {
  local package=$mcp_dir/current/node_modules/openclaw/package.json version=''
  emit node_version "$("$mcp_dir/node/bin/node" --version 2>/dev/null | tr -d v || true)"
  if [ -r "$package" ]; then version=$(sed -n 's/^  "version": "\([^"]*\)".*/\1/p' "$package" | head -n 1); fi
  emit openclaw_version "$version"
  emit has_worked "$(if [ -s "$mcp_dir/openclaw.last-good.json" ]; then printf yes; else printf no; fi)"
  emit has_state "$(if holds_state; then printf yes; else printf no; fi)"
  if [ -s "$mcp_dir/deployment.json" ]; then emit_blob deployment <"$mcp_dir/deployment.json"; fi
}

# Transcripts of older releases, and the database in which newer ones keep them.
holds_state() {
  local file
  for file in "$state_dir"/agents/*/sessions/*.jsonl "$state_dir"/agents/*/agent/*.sqlite; do
    if [ -s "$file" ]; then return 0; fi
  done
  return 1
}

probe_files() {
  local file
  for file in "$state_dir/openclaw.json" "$state_dir/secrets.json" "$auth_file"; do
    if [ -s "$file" ]; then emit "mode.$(basename "$file" | tr . _)" "$(file_mode "$file")"; fi
  done
  emit config "$(config_state)"
}

config_state() { # valid | invalid | missing | not_checked (there is no node to read it with)
  local config=$state_dir/openclaw.json state
  if [ ! -s "$config" ]; then
    printf missing
  elif [ ! -x "$mcp_dir/node/bin/node" ]; then
    printf not_checked
  else
    state=$(sidecar_word settings-state state)
    printf '%s' "${state:-not_checked}"
  fi
}

probe_gateway() {
  local pid body listening health ready authenticated startup=not_checked
  pid=$(live_pid "$gateway_pid" || true)
  ask_gateway
  if [ "$health" = live ]; then
    body=$(gateway_curl /startupz -m 3 2>/dev/null || true)
    # Older releases answer this path with their user interface.
    case "$body" in '{'*) printf '%s' "$body" | emit_blob startupz && startup=json ;; *) startup=unsupported ;; esac
  fi
  gateway_state=$ready # for the caller
  emit process "$(if [ -n "$pid" ]; then printf running; else printf gone; fi)"
  emit pid "$pid"
  emit listening "$listening"
  emit health "$health"
  emit ready "$ready"
  emit startup "$startup"
  emit authenticated "$authenticated"
  if [ "$listening" = yes ] && [ -z "$pid" ] && held_by_another; then
    emit port_owner "${owner:-unknown} $(process_name "$owner")"
  fi
  if [ "$health" != live ] && [ -s "$state_dir/logs/gateway.out" ]; then
    tail -n 20 "$state_dir/logs/gateway.out" | tail -c 4000 | emit_blob gateway_log
  fi
}

# Only jobs without an exit are looked at: there may be many old ones.
probe_jobs() {
  local dir running=''
  for dir in "$mcp_dir"/jobs/*/; do
    if [ -s "${dir}exit" ] || [ ! -s "${dir}pid" ]; then continue; fi
    if live_pid "${dir}pid" >/dev/null; then running+=" $(basename "$dir")"; fi
  done
  emit jobs_running "${running# }"
}
