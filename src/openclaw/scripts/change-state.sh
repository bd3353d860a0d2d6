# shellcheck shell=bash
# Replaces what the assistant runs on so that it can be undone after a kill at any moment. All that this needs lies in one
# folder; its `step` says what has become true: (nothing) | changing | done | undoing | undone.

# Makes this job the one that changes things here. What another job left half done is undone first.
claim_change() {
  local owner job_id
  change=$mcp_dir/change
  job_id=$(basename "${OPENCLAW_MCP_JOB_DIR:?}")
  make_dirs
  lock change 30
  owner=$(cat "$change/job" 2>/dev/null || true)
  if [ -n "$owner" ] && [ "$owner" != "$job_id" ]; then
    if live_pid "$mcp_dir/jobs/$owner/pid" >/dev/null; then fail locked; fi
    case "$(change_step)" in
      changing | undoing)
        undo_change
        attempt ensure_gateway "$change/attempt"
        ;;
    esac
    remove_tree "$change"
  fi
  mkdir -p "$change"
  write_file "$change/job" "$job_id"
  unlock change
}

change_step() {
  cat "$change/step" 2>/dev/null || true
}

# Ends the gateway and keeps what is needed to go back. Until `changing` this begins anew each time, since the gateway may
# have worked in between. Nobody else starts it meanwhile.
begin_change() { # copy|move: whether the state goes on being used or will be replaced as a whole
  lock gateway 150
  stage stop
  stop_gateway 90
  stage keep
  rm -rf "$change/state" "$change/state.new"
  if [ "$1" = copy ]; then
    cp -a "$state_dir" "$change/state.new"
    mv "$change/state.new" "$change/state"
  fi
  # One of the links may have moved already when this begins anew.
  if [ "$(change_step)" != changing ]; then
    write_file "$change/from" "$(readlink "$mcp_dir/node") $(readlink "$mcp_dir/current")"
  fi
  databases >"$change/databases"
}

# Whether the state is still that of the version before. What lies aside is then a copy, and an old one where somebody has
# started the gateway since.
nothing_moved() {
  local node app
  if [ -d "$change/replaced" ] || ! read -r node app <"$change/from"; then return 1; fi
  [ "$(readlink "$mcp_dir/current")" = "$app" ]
}

# Every database with the version of its schema (bytes 60 to 63 of an SQLite file), to tell a migration by.
databases() {
  find "$state_dir" -path "$state_dir/tmp" -prune -o -name '*.sqlite' -type f -print | sort | while IFS= read -r file; do
    printf '%s %s\n' "${file#"$state_dir"/}" "$(od -An -tu1 -j60 -N4 "$file" | tr -d '\n')"
  done
}

# `next` becomes the state; what was the state is kept aside until the change is over.
replace_state() {
  if [ ! -d "$change/next" ]; then return 0; fi # done by a run that was killed
  if [ ! -d "$change/replaced" ]; then mv "$state_dir" "$change/replaced"; else rm -rf "$state_dir"; fi
  mv "$change/next" "$state_dir"
}

# What a repair falls back to: the settings, and the versions where the links are gone.
remember_what_works() {
  local node app deployed=$mcp_dir/deployment.json
  cp -pf "$state_dir/openclaw.json" "$mcp_dir/openclaw.last-good.json"
  node=$(readlink "$mcp_dir/node") app=$(readlink "$mcp_dir/current")
  if [ ! -s "$deployed" ]; then return 0; fi
  write_file "$deployed" "$(sed -e "s/\"nodeVersion\":\"[^\"]*\"/\"nodeVersion\":\"${node#node-}\"/" \
    -e "s/\"openclawVersion\":\"[^\"]*\"/\"openclawVersion\":\"${app#app-}\"/" "$deployed")"
}

# Everything as it was before, with the gateway down.
undo_change() {
  local node app kept
  if [ "$(change_step)" != undone ]; then
    case "$(change_step)" in
      undoing) ;;
      changing) if nothing_moved; then rm -rf "$change/state"; fi ;;
      *) rm -rf "$change/state" ;;
    esac
    write_file "$change/step" undoing
    stage undo
    lock gateway 150
    stop_gateway 20
    if [ -s "$change/from" ]; then
      read -r node app <"$change/from"
      switch_link "$node" "$mcp_dir/node"
      switch_link "$app" "$mcp_dir/current"
    fi
    for kept in "$change/state" "$change/replaced"; do
      if [ ! -d "$kept" ]; then continue; fi
      remove_tree "$change/failed"
      if [ -d "$state_dir" ]; then mv "$state_dir" "$change/failed"; fi
      mv "$kept" "$state_dir"
    done
    write_file "$change/step" undone
    unlock gateway
  fi
  remove_tree "$change/failed" "$change/next" "$change/next.new" "$change/state.new"
}

# Also trees whose folders cannot be written to. Never fails: nothing that has worked becomes a failure by it.
remove_tree() { # PATH…
  local path
  for path in "$@"; do
    if rm -rf "$path" 2>/dev/null; then continue; fi
    chmod -R u+rwx "$path" 2>/dev/null || true
    rm -rf "$path" || true
  done
}

# Undoes what an attempt could not bring to its end, starts the gateway of before, and tells both.
undo_attempt() {
  local cause told=$change/attempt
  undo_change
  emit rolled_back yes
  cause=$(said error "$told")
  emit cause "${cause:-unexpected}"
  attempt ensure_gateway "$change/attempt-before"
  if [ "$attempted" = failed ]; then
    cause=$(said error "$change/attempt-before")
    emit before_fails "${cause:-unexpected}"
    told=$change/attempt-before
  fi
  if grep '^detail@=' "$told" 2>/dev/null | tail -n 1 >&3; then return 0; fi
}

said() { # NAME FILE
  sed -n "s/^$1=//p" "$2" 2>/dev/null | tail -n 1
}

# Settings that the release in `current` demands, where they are missing.
fill_settings() {
  sidecar fill-settings "$change/filled" < <(printf '{"defaults":%s}' "${OPENCLAW_MCP_CONFIG_DEFAULTS:-{\}}")
}
