# shellcheck shell=bash
# What can be wrong with an assistant's machine, looked for in one command of about a second. Changes nothing.

diagnose_main() {
  local working=no
  if [ -x "$mcp_dir/node/bin/node" ]; then require_sidecar; fi
  diagnose_machine
  diagnose_gateway
  diagnose_install
  diagnose_files
  diagnose_config
  emit last_good "$(said test -s "$mcp_dir/openclaw.last-good.json")"
  emit jobs_running "$(jobs_running)"
}

said() { # COMMAND… → yes | no
  if "$@"; then printf yes; else printf no; fi
}

diagnose_machine() {
  emit memory_total_mib "$(memory_limit_mib)"
  emit memory_available_mib "$(meminfo_mib MemAvailable)"
  emit disk_free_mib "$(disk_free_mib)"
  emit low_memory_flags "$(said spares_memory)"
}

diagnose_gateway() {
  local pid listening health ready authenticated owner
  pid=$(live_pid "$gateway_pid" || true)
  ask_gateway
  emit process "$(if [ -n "$pid" ]; then printf running; else printf gone; fi)"
  emit listening "$listening"
  emit health "$health"
  emit ready "$ready"
  emit authenticated "$authenticated"
  if [ -n "$pid" ] && [ "$ready" = yes ] && [ "$authenticated" = yes ]; then working=yes; fi
  emit duplicates "$(other_gateways "$(kept_gateway)" | wc -w | tr -d ' ')"
  if [ "$listening" = yes ] && [ -z "$pid" ]; then
    if held_by_another; then
      emit port_foreign yes
      printf 'port %s is held by process %s (%s)\n' "$port" "${owner:-unknown}" "$(process_name "$owner")" | emit_blob port_owner
    fi
  fi
  emit stale_locks "$(stale_locks | grep -c '' || true)"
  emit full_disk "$(said saw_full_disk)"
  emit_interrupted
  emit out_of_memory "$(said ended_for_memory "$pid")"
}

# Killed by the kernel since its start, or out of its own heap; a clean end of the gateway has neither.
ended_for_memory() { # LIVE-PID
  local before
  if [ -n "$1" ] || [ ! -s "$gateway_pid" ]; then return 1; fi
  if tail -n 60 "$state_dir/logs/gateway.out" 2>/dev/null | grep -q 'heap out of memory'; then return 0; fi
  { IFS= read -r before <"$mcp_dir/oom-kills"; } 2>/dev/null || return 1
  [ -n "$before" ] && [ "$(oom_kills)" -gt "$before" ]
}

diagnose_install() {
  local wanted
  wanted=$(link_version node)
  emit node_wanted "$wanted"
  node=ok
  if [ -z "$wanted" ]; then
    node=missing
  elif [ "$("$mcp_dir/node/bin/node" --version 2>/dev/null || true)" != "v$wanted" ]; then
    node=broken
  fi
  emit node "$node"
  diagnose_tree
}

diagnose_files() {
  local file open=''
  for file in openclaw.json secrets.json; do
    if [ -s "$state_dir/$file" ] && [ "$(file_mode "$state_dir/$file")" != 600 ]; then open+=" $file"; fi
  done
  if [ -s "$auth_file" ] && [ "$(file_mode "$auth_file")" != 600 ]; then open+=' auth'; fi
  if [ -d "$state_dir" ] && [ "$(file_mode "$state_dir")" != 700 ]; then open+=' folder'; fi
  emit open_files "${open# }"
  emit auth_file "$(auth_state)"
}

auth_state() { # ok | missing | stale | no_token (there is none to write into it) | unreadable | not_checked
  local state=''
  if [ "$node" = ok ]; then state=$(sidecar_word auth-state auth); fi
  printf '%s' "${state:-not_checked}"
}

diagnose_config() {
  local config=$state_dir/openclaw.json state=ok
  if [ ! -s "$config" ]; then
    state=missing
  elif [ "$node" != ok ]; then
    state=not_checked
  elif ! config_parses || [ "$working" = no ] || [ "$config" -nt "$gateway_pid" ]; then
    # The gateway's own reading decides: it also takes comments, and refuses keys that it does not know.
    if [ "$tree" != ok ]; then
      state=$(if config_parses; then printf not_checked; else printf invalid; fi)
    else
      state=$(validated_config)
    fi
  fi
  emit config "$state"
  if [ "$node" = ok ]; then emit missing_keys "$(sidecar_word missing-keys missing)"; fi
}

config_parses() { # as OpenClaw's own parser reads it
  [ "$(sidecar_word settings-state state)" = valid ]
}

validated_config() { # → ok | invalid | not_checked
  local answer
  answer=$(openclaw_command config validate --json 2>/dev/null || true)
  case "${answer//[[:space:]]/}" in # what is invalid comes over many lines
    *'"valid":true'*) printf ok ;;
    *'"valid":false'*)
      printf '%s' "${answer:0:4000}" | emit_blob config_issues
      printf invalid
      ;;
    *) printf not_checked ;;
  esac
}
