# shellcheck shell=bash
# One change of the gateway's settings and secrets as a detached job: checked, written at once, applied, proved, and
# taken back when the gateway does not work with it. Started again after a kill, it first restores what there was.

configure_change_main() {
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do export -n "${name?}"; done
  config=$state_dir/openclaw.json secrets=$state_dir/secrets.json
  kept=${OPENCLAW_MCP_JOB_DIR:?} scratch=$OPENCLAW_MCP_JOB_DIR/work unchecked='' applied=none plugin_changed=no
  make_dirs
  rm -rf "$scratch" && mkdir "$scratch"
  # The settings' draft lies beside them, since they may include other files by relative names.
  draft=$config.draft draft_secrets=$scratch/secrets.json kept_beside=''
  stage prepare
  require_sidecar
  rm -f "$draft"
  check_prerequisites
  # What a killed run of this job left half done was never proved.
  if [ -s "$kept/before-config" ]; then restore_settings; fi
  if disk_is_full; then fail change_needs_room; fi
  if [ -n "${OPENCLAW_MCP_PLUGIN:-}" ]; then require_plugin "$OPENCLAW_MCP_PLUGIN"; fi
  lock configure 60
  write_drafts
  stage check
  validate_draft
  use_trust
  outside_checks "$scratch"
  stage write
  hold_gateway
  write_settings
  unlock configure
  apply_or_restore
  emit applied "$applied"
  emit unchecked "$unchecked"
  emit kept_beside "$kept_beside"
}

write_drafts() {
  sidecar draft-change "$scratch/drafted" < <(
    printf '{"job":"%s",' "$(basename "$kept")"
    input_to_stdout OPENCLAW_MCP_CHANGE | tail -c +2
  )
}

# Through OpenClaw itself: only this release knows what it accepts.
validate_draft() {
  if ! OPENCLAW_CONFIG_PATH=$draft openclaw_cli config validate --json >"$scratch/validation" 2>&1; then
    rm -f "$draft"
    fail config_refused "$scratch/validation"
  fi
}

require_plugin() { # NPM-SPEC
  if ! plugin_wanted "$1"; then return; fi
  stage plugin
  install_plugin "$1" "$scratch/plugin" || fail plugin_install_failed "$scratch/plugin"
  plugin_changed=yes
}

write_settings() {
  cp -f "$config" "$kept/before-config.new"
  cp -f "$secrets" "$kept/before-secrets"
  mv -f "$kept/before-config.new" "$kept/before-config"
  config_changed=yes secrets_changed=yes
  if cmp -s "$draft" "$config"; then config_changed=no; fi
  if cmp -s "$draft_secrets" "$secrets"; then secrets_changed=no; fi
  printed_before=$(wc -c <"$state_dir/logs/gateway.out" 2>/dev/null || echo 0)
  mv -f "$draft_secrets" "$secrets"
  if [ "$(reply_word keeps_comments <"$scratch/drafted")" = no ]; then
    kept_beside=openclaw.json.before-$(date +%Y-%m-%dT%H-%M-%S)
    cp -p "$config" "$state_dir/$kept_beside"
  fi
  if [ "$config_changed" = yes ]; then mv -f "$draft" "$config"; else rm -f "$draft"; fi
  chmod 600 "$config" "$secrets"
}

# By moving alone, which needs no room. The settings come last: while their copy is there, this is not done.
restore_settings() {
  if [ -e "$kept/before-secrets" ]; then mv -f "$kept/before-secrets" "$secrets"; fi
  mv -f "$kept/before-config" "$config"
}

apply_or_restore() {
  stage apply
  attempt apply_and_prove "$scratch/verdict"
  if [ "$attempted" = ok ]; then
    applied=$(sed -n 's/^applied=//p' "$scratch/verdict")
    # What is proved is what a repair goes back to.
    cp -f "$config" "$mcp_dir/openclaw.last-good.json"
    rm -f "$kept/before-config" "$kept/before-secrets"
    return
  fi
  stage restore
  cp -f "$state_dir/logs/gateway.out" "$scratch/gateway-said" 2>/dev/null || true
  restore_settings
  attempt restart_gateway /dev/null
  if [ "$attempted" = failed ]; then fail change_not_undone "$scratch/gateway-said"; fi
  if disk_is_full || told_of_full_disk "$scratch/said" "$scratch/gateway-said"; then fail change_met_full_disk; fi
  if [ -s "$scratch/said" ]; then fail model_unusable "$scratch/said"; fi
  fail change_undone "$scratch/gateway-said"
}

apply_and_prove() {
  apply_settings
  prove_settings
}

# Emits how: none · hot · restart.
apply_settings() {
  if [ "$config_changed$secrets_changed$plugin_changed" = nonono ] && [ "$(gateway_ready)" = yes ]; then
    emit applied none
  elif [ "${OPENCLAW_MCP_HOT:-no}" = yes ] && [ "$(gateway_ready)" = yes ] && reload_hot; then
    emit applied hot
  else
    restart_gateway
    emit applied restart
  fi
}

restart_gateway() {
  stop_gateway 20
  ensure_gateway_locked
}

# Until this job ends: whoever finds the gateway stopped meanwhile would start it with settings that are not proved.
hold_gateway() {
  lock gateway 150
}

# A change of the file is seen by the gateway itself; a change of a secret has to be told.
reload_hot() {
  # Of a plugin that was loaded before, or that no change of settings asks for, only a start takes the new files.
  if [ "$plugin_changed" = yes ] && { [ "$config_changed" = no ] || [ -n "$plugin_before" ]; }; then return 1; fi
  # Nobody promises that a channel notices a new token behind settings that stay the same.
  if [ "$config_changed" = no ] && [ "${OPENCLAW_MCP_RESTART_FOR_SECRETS:-no}" = yes ]; then return 1; fi
  if [ "$config_changed" = yes ] && ! reloaded_config; then return 1; fi
  if [ "$secrets_changed" = yes ]; then openclaw_cli secrets reload --json >/dev/null 2>&1 || return 1; fi
  [ "$(gateway_ready)" = yes ]
}

# 2026.9.6 prints it a second or two after the write.
reloaded_config() {
  local deadline=$((SECONDS + 20)) said
  while [ "$SECONDS" -lt "$deadline" ]; do
    said=$(tail -c "+$((printed_before + 1))" "$state_dir/logs/gateway.out" | LC_ALL=C grep -a 'config' || true)
    case "$said" in
      *'hot reload applied'*) return 0 ;;
      *'requires gateway restart'* | *'reload skipped'* | *'reload failed'* | *'reload disabled'*) return 1 ;;
    esac
    sleep 0.2
  done
  return 1
}

# Ready, takes our token and, where models or keys changed, answers through one of them: a bare model call of about a
# hundred tokens, without prompt, tools or a session that stays.
prove_settings() {
  wait_until_ready 60 || return 1
  if [ "${OPENCLAW_MCP_PROVE_MODEL:-no}" != yes ]; then return 0; fi
  local params
  params='{"message":"Reply with: ok","agentId":"main","modelRun":true,"promptMode":"none","idempotencyKey":"'${OPENCLAW_MCP_JOB_ID:?}-$$'"}'
  if openclaw_cli gateway call agent --json --expect-final --timeout 90000 --params "$params" >"$scratch/proof" 2>&1; then
    return 0
  fi
  tail -c 3000 "$scratch/proof" >"$scratch/said"
  return 1
}
