# shellcheck shell=bash
# Mends what is safe to mend, each thing only when it is asked for and still wrong. State is never removed.

# OPENCLAW_MCP_MENDS: words among duplicates hung locks disk modes auth config keys low_memory.
repair_main() {
  local mends=" ${OPENCLAW_MCP_MENDS:?} " mend
  make_dirs
  case "$mends" in *' keys '* | *' auth '*) require_sidecar ;; esac
  lock gateway 150
  for mend in disk duplicates hung locks modes config keys auth low_memory; do
    case "$mends" in *" $mend "*) "mend_$mend" ;; esac
  done
  unlock gateway
}

mend_duplicates() {
  local pids ended=0 pid
  pids=$(other_gateways "$(kept_gateway)")
  for pid in $pids; do
    if end_gateway "$pid"; then ended=$((ended + 1)); fi
  done
  emit done.duplicates "$ended"
}

end_gateway() { # PID: TERM, then KILL after ten seconds
  local tries=0
  kill -TERM "$1" 2>/dev/null || return 1
  while identity_of "$1" >/dev/null; do
    if [ $((tries += 1)) -eq 100 ]; then kill -KILL "$1" 2>/dev/null || true; fi
    sleep 0.1
  done
}

# Listening without answering: a starting gateway does not listen yet, a busy one answers within seconds.
mend_hung() {
  local tries=0
  if ! live_pid "$gateway_pid" >/dev/null || ! port_open; then return 0; fi
  until [ "$(gateway_health)" = live ]; do
    if [ $((tries += 1)) -ge 3 ]; then
      end_process "$gateway_pid" 3
      emit done.hung "$ended"
      return
    fi
    sleep 0.5
  done
}

mend_locks() {
  local file removed=0
  while IFS= read -r file; do
    if [ -n "$file" ] && rm -f "$file"; then removed=$((removed + 1)); fi
  done <<<"$(stale_locks)"
  emit done.locks "$removed"
}

mend_disk() {
  local before after cache
  before=$(disk_free_mib)
  for cache in .npm/_cacache .npm/_logs .npm-cache .bun/install/cache .cache/npm .cache/node-gyp .compile-cache \
    .tmp/node-compile-cache .openclaw-mcp/installing .openclaw/logs/support; do
    rm -rf "${home:?}/$cache"
  done
  rm -rf "$mcp_dir"/app-*/compiled
  forget_old_trees
  # A turn or an operation that has ended is read within minutes.
  find "$mcp_dir/jobs" -mindepth 2 -maxdepth 2 -name exit -mmin +1440 2>/dev/null | while IFS= read -r file; do
    rm -rf "${file%/exit}"
  done
  find "$mcp_dir" -maxdepth 1 -name 'request.*' -mmin +60 -exec rm -rf {} + 2>/dev/null || true
  trim_logs
  after=$(disk_free_mib)
  emit done.disk "$((after > before ? after - before : 0))"
}

# Versions that no link names: neither the one in use nor one kept to go back to.
forget_old_trees() {
  local dir linked
  linked=" $(find "$mcp_dir" -maxdepth 1 -type l -exec readlink {} \; | tr '\n' ' ')"
  for dir in "$mcp_dir"/app-* "$mcp_dir"/node-*; do
    if [ ! -d "$dir" ] || [ -L "$dir" ]; then continue; fi
    case "$linked" in *" ${dir##*/} "* | *" $dir "*) ;; *) rm -rf "$dir" ;; esac
  done
}

# In place, since their writers hold them open; the newest megabyte stays.
trim_logs() {
  local file kept
  find "$state_dir/logs" "$mcp_dir/install.log" -maxdepth 1 -type f -size +5120k 2>/dev/null | while IFS= read -r file; do
    kept=$(tail -c 1048576 "$file" | tr -d '\0')
    printf '%s\n' "$kept" >"$file"
  done
}

mend_modes() {
  local file
  chmod 700 "$state_dir"
  for file in "$state_dir/openclaw.json" "$state_dir/secrets.json" "$auth_file"; do
    if [ -e "$file" ]; then chmod 600 "$file"; fi
  done
  emit done.modes yes
}

# The broken one is kept beside it: somebody wrote it for a reason.
mend_config() {
  local config=$state_dir/openclaw.json good=$mcp_dir/openclaw.last-good.json
  if [ ! -s "$good" ] || cmp -s "$good" "$config"; then
    emit done.config none
    return
  fi
  if [ -s "$config" ]; then cp -f "$config" "$mcp_dir/openclaw.broken.json"; fi
  cp -f "$good" "$config.new.$$"
  mv -f "$config.new.$$" "$config"
  emit done.config restored
}

# Adds the keys that are missing and changes none that is there; a token is minted where there is none.
mend_keys() {
  sidecar mend-keys "$mcp_dir/mend.reply" < <(printf '{"provider_keys":%s}' "${OPENCLAW_MCP_PROVIDER_KEYS:-{\}}")
  rm -f "$mcp_dir/mend.reply"
  emit done.keys yes
}

mend_auth() {
  if [ "$(sidecar_word renew-auth auth)" = written ]; then emit done.auth yes; fi
}

# Read by every start of the gateway, as long as the machine has no more memory than now.
mend_low_memory() {
  write_file "$mcp_dir/low-memory" "$(memory_limit_mib)"
  emit done.low_memory yes
}
