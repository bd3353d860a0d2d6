# shellcheck shell=bash
# A backup becomes the state of this machine's assistant, as one detached job that can be killed at any moment and that
# puts the old state back when the gateway does not work with the new one.

restore_main() {
  local name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do
    if [ "$name" != OPENCLAW_MCP_JOB_DIR ]; then export -n "${name?}"; fi
  done
  if [ ! -x "$mcp_dir/node/bin/node" ]; then fail not_installed; fi
  if [ ! -s "$state_dir/openclaw.json" ]; then fail not_configured; fi
  transfer=$mcp_dir/transfer/$(basename "${OPENCLAW_MCP_JOB_DIR:?}")
  claim_change
  if [ -z "$(change_step)" ] && [ ! -d "$change/next" ]; then unpack_backup; fi
  case "$(change_step)" in
    '' | changing)
      attempt put_backup_in_place "$change/attempt"
      if [ "$attempted" = ok ]; then write_file "$change/step" 'done'; fi
      ;;
  esac
  if [ "$(change_step)" = 'done' ]; then
    remember_what_works
    report_plugins
    if [ -d "$change/replaced" ]; then
      rm -rf "$mcp_dir/replaced"
      mv "$change/replaced" "$mcp_dir/replaced"
    fi
    emit rolled_back no
  else
    undo_attempt
  fi
  rm -rf "$transfer"
}

put_backup_in_place() {
  if [ "$(change_step)" != changing ]; then
    begin_change move
    write_file "$change/step" changing
  else
    lock gateway 150
    stop_gateway 90
  fi
  replace_state
  ensure_gateway
  # Those in the backup are of the version that it was made with.
  update_plugins
}

unpack_backup() {
  local next=$change/next.new file
  stage unpack
  if [ "$(all_pieces | sha_of_stdin)" != "${OPENCLAW_MCP_SHA256:?}" ]; then fail transfer_damaged; fi
  rm -rf "$next" && mkdir -p "$next"
  all_pieces | gzip -dc | tar -xf - -C "$next" || fail backup_unusable
  rm -f "$next/openclaw-backup.json"
  find "$next" -name '*.sqlite.snapshot' -type f | while IFS= read -r file; do mv "$file" "${file%.snapshot}"; done
  adopt_state "$next" || fail backup_unusable
  fill_config "$next/openclaw.json" "${OPENCLAW_MCP_CONFIG_DEFAULTS:-{\}}"
  chmod 700 "$next"
  chmod 600 "$next/openclaw.json" "$next/secrets.json"
  mv "$next" "$change/next"
}

all_pieces() {
  local index
  for ((index = 0; index < ${OPENCLAW_MCP_PIECES:?}; index++)); do cat "$transfer/piece.$index" || return 1; done
}

sha_of_stdin() {
  local line
  if command -v sha256sum >/dev/null; then line=$(sha256sum); else line=$(shasum -a 256); fi
  printf '%s' "${line%% *}"
}

# What belongs to a machine stays this machine's: its token and keys, where its files and its providers are, its port.
adopt_state() { # DIR
  # shellcheck disable=SC2016 # JavaScript
  OLD_HOME=${OPENCLAW_MCP_OLD_HOME:?} "$mcp_dir/node/bin/node" -e '
    const fs = require("node:fs");
    const path = require("node:path");
    const [, here, next, home] = process.argv;
    const oldHome = process.env.OLD_HOME;
    const text = (file) => fs.readFileSync(file, "utf8").replaceAll(`${oldHome}/.openclaw`, `${home}/.openclaw`);
    const json = (dir, name) => JSON.parse(text(path.join(dir, name)));
    const write = (name, value, indent) =>
      fs.writeFileSync(path.join(next, name), `${JSON.stringify(value, null, indent)}\n`, { mode: 0o600 });
    const mine = json(here, "secrets.json");
    write("secrets.json", { gateway: mine.gateway, ...json(next, "secrets.json"), ...mine });
    const now = json(here, "openclaw.json");
    const config = json(next, "openclaw.json");
    const { mode, bind, port, auth } = now.gateway;
    config.gateway = { ...config.gateway, mode, bind, port, auth };
    config.secrets = { ...config.secrets, providers: { ...config.secrets?.providers, ...now.secrets?.providers } };
    const providers = { ...config.models?.providers };
    for (const [id, { baseUrl, apiKey, ...rest }] of Object.entries(now.models?.providers ?? {})) {
      providers[id] = { ...rest, ...providers[id], baseUrl, apiKey };
    }
    config.models = { ...config.models, providers };
    config.logging = { ...config.logging, file: now.logging?.file };
    write("openclaw.json", config, 2);
    if (oldHome === home) process.exit(0);
    // Older releases keep the place of every transcript in an index.
    const agents = path.join(next, "agents");
    for (const agent of fs.existsSync(agents) ? fs.readdirSync(agents) : []) {
      const index = path.join(agents, agent, "sessions", "sessions.json");
      if (fs.existsSync(index)) fs.writeFileSync(index, text(index), { mode: 0o600 });
    }' "$state_dir" "$1" "$home"
}
