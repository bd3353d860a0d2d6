# shellcheck shell=bash
# Node and OpenClaw under the persistent home, each in a folder named after its version that appears only when whole.

# Sets `switched` to yes when another version was current before.
install_all() {
  make_dirs
  lock install 600
  install_trees
  switch_versions
  unlock install
}

name_trees() {
  node_version=${OPENCLAW_MCP_NODE_VERSION:?} openclaw_version=${OPENCLAW_MCP_OPENCLAW_VERSION:?}
  node_dir=$mcp_dir/node-$node_version app_dir=$mcp_dir/app-$openclaw_version
}

# Both trees, beside those that are in use.
install_trees() {
  local free
  name_trees
  npm_version=${OPENCLAW_MCP_NPM_VERSION:?}
  work=$mcp_dir/installing install_log=$mcp_dir/install.log
  stage node
  if node_whole && app_whole; then
    stage openclaw
    return
  fi
  use_network
  rm -rf "$work" && mkdir -p "$work" # what a killed run left
  : >"$install_log"
  free=$(df -Pk "$home" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt 1048576 ]; then fail disk_full; fi
  install_parts
  rm -rf "$work"
}

switch_versions() {
  switch_link "node-$node_version" "$mcp_dir/node"
  switched=no
  if [ "$(readlink "$mcp_dir/current" || true)" != "app-$openclaw_version" ]; then switched=yes; fi
  switch_link "app-$openclaw_version" "$mcp_dir/current"
  write_wrapper
}

# The fast installer needs no Node, so both trees come at once. It keeps the lock: should this script be killed, the next
# one waits until nothing writes here any more.
install_parts() {
  local fast_pid=
  if ! app_whole; then
    { fetch_bun && app_from bun; } >>"$install_log" 2>&1 &
    fast_pid=$!
  fi
  if ! node_whole; then
    if ! node_from "${OPENCLAW_MCP_NODE_SOURCE:-official}" >>"$install_log" 2>&1; then
      if ! node_from other >>"$install_log" 2>&1; then fail "$(install_failure node_unavailable)" "$install_log"; fi
    fi
  fi
  stage openclaw
  if app_whole; then return; fi
  if wait "$fast_pid" && keep_app >>"$install_log" 2>&1; then return; fi
  if app_from npm >>"$install_log" 2>&1 && keep_app >>"$install_log" 2>&1; then return; fi
  fail "$(install_failure openclaw_install_failed)" "$install_log"
}

# A full disk has many names, and none of the installers' exit codes tells it.
install_failure() { # CODE
  if grep -qiE 'ENOSPC|no space left|nospc' "$install_log"; then
    printf disk_full
  elif grep -q 'wrong checksum' "$install_log"; then
    printf wrong_checksum
  else
    printf '%s' "$1"
  fi
}

node_whole() {
  [ "$("$node_dir/bin/node" --version 2>/dev/null)" = "v$node_version" ]
}

app_whole() {
  [ -s "$app_dir/node_modules/openclaw/package.json" ]
}

node_from() { # official|registry|other: the last is whichever the first try was not
  local source=$1 tree=$work/node
  if [ "$source" = other ]; then
    if [ "${OPENCLAW_MCP_NODE_SOURCE:-official}" = official ]; then source=registry; else source=official; fi
  fi
  if [ "$source" = official ]; then official_node "$tree" || return 1; else registry_node "$tree" || return 1; fi
  if [ "$("$tree/bin/node" --version)" != "v$node_version" ]; then return 1; fi
  rm -rf "$node_dir" && mv "$tree" "$node_dir"
}

official_node() { # DIR
  local official=https://nodejs.org/dist
  local base=${OPENCLAW_MCP_NODE_MIRROR:-$official} name=node-v$node_version-$os-$arch.tar.gz sum
  rm -rf "$1" && mkdir -p "$1" || return 1
  sum=$(pinned_sum "$name")
  if [ -z "$sum" ]; then
    # A mirror may serve the archive, and never says what it must be, but on this machine itself.
    if on_loopback "$base"; then official=$base; fi
    download "$official/v$node_version/SHASUMS256.txt" "$work/sums" || return 1
    sum=$(awk -v name="$name" '$2 == name { print $1 }' "$work/sums")
  fi
  download "$base/v$node_version/$name" "$work/$name" || return 1
  if [ -z "$sum" ] || [ "$(sha_hex 256 "$work/$name")" != "$sum" ]; then
    echo "$name: wrong checksum"
    return 1
  fi
  tar -xzf "$work/$name" -C "$1" --strip-components=1
}

registry_node() { # DIR
  local package=node-linux-$arch
  if [ "$os" = darwin ]; then package=node-bin-darwin-$arch; fi
  unpack_package "$package" "$node_version" "$1"
}

fetch_bun() {
  local cpu=$arch
  if [ "$arch" = arm64 ]; then cpu=aarch64; fi
  unpack_package "@oven/bun-$os-$cpu" "${OPENCLAW_MCP_BUN_VERSION:?}" "$work/bun"
}

# Install scripts stay off: OpenClaw finishes its own installation at its first run, and no dependency needs its own.
app_from() { # bun|npm: the tree as `keep_app` expects it
  local tree=$work/app cache=$work/cache
  rm -rf "$tree" "$cache" && mkdir -p "$tree" || return 1
  printf '{"private":true,"overrides":%s}\n' "${OPENCLAW_MCP_OVERRIDES:-{\}}" >"$tree/package.json"
  (
    cd "$tree" && use_openclaw_env && "add_with_$1" "openclaw@$openclaw_version" "$cache"
  )
}

# The cache's 40,000 names go while the check runs.
keep_app() {
  local good=yes cleaner
  rm -rf "$work/cache" &
  cleaner=$!
  { check_pinned "$work/app" && check_app "$work/app"; } || good=no
  wait "$cleaner" || true
  if [ "$good" = no ]; then return 1; fi
  rm -rf "$app_dir" && mv "$work/app" "$app_dir"
}

add_with_bun() { # SPEC CACHE
  local pace=()
  # Through a proxy bun chokes on its own number of connections: 64 (its default) take 12 s, 256 take 31 s, 16 take 5 s;
  # without one 16 and 64 take 4 s each (measured, bun 1.4.5).
  if [ -n "${HTTPS_PROXY:-${https_proxy:-${HTTP_PROXY:-${http_proxy:-}}}}" ]; then pace=(--network-concurrency=16); fi
  NPM_CONFIG_REGISTRY=$registry BUN_INSTALL_CACHE_DIR=$2 "$work/bun/bin/bun" add ${pace[@]+"${pace[@]}"} --exact \
    --ignore-scripts --no-progress "$1"
}

add_with_npm() { # SPEC CACHE: Node's own archive holds npm, the registry's package of it does not
  local npm=$node_dir/lib/node_modules/npm
  if [ ! -d "$npm" ]; then
    npm=$work/npm
    unpack_package npm "$npm_version" "$npm" || return 1
  fi
  "$node_dir/bin/node" "$npm/bin/npm-cli.js" install --save-exact --ignore-scripts --no-audit --no-fund --no-update-notifier \
    --loglevel=error --registry="$registry" --cache="$2" "$1"
}

# An installer proves only that it got what the registry said. Both write down what that was, before any of it has run.
check_pinned() { # DIR
  local sum
  sum=$(pinned_sum "openclaw@$openclaw_version")
  if [ -z "$sum" ]; then return 0; fi
  # shellcheck disable=SC2016 # JavaScript
  if (cd "$1" && "$node_dir/bin/node" -e '
    const { existsSync, readFileSync } = require("node:fs");
    const bun = existsSync("bun.lock") ? readFileSync("bun.lock", "utf8") : "";
    const line = bun.split("\n").find((each) => each.trim().startsWith("\"openclaw\": [")) ?? "";
    const npm = existsSync("package-lock.json") ? JSON.parse(readFileSync("package-lock.json", "utf8")) : {};
    const got = npm.packages?.["node_modules/openclaw"]?.integrity ?? /"(sha512-[^"]+)"\],?$/.exec(line.trim())?.[1];
    process.exit(got === process.argv[1] ? 0 : 1)' "$sum"); then
    return 0
  fi
  echo "openclaw@$openclaw_version: wrong checksum"
  return 1
}

# `--version` alone proves little: it reads one file. Newer releases list every file that they must have.
check_app() { # DIR
  (
    use_openclaw_env
    cd "$1/node_modules/openclaw" || exit 1
    "$node_dir/bin/node" openclaw.mjs --version </dev/null || exit 1
    if [ ! -f dist/postinstall-inventory.json ]; then exit 0; fi
    # shellcheck disable=SC2016 # JavaScript
    "$node_dir/bin/node" -e '
      const fs = require("node:fs");
      const listed = JSON.parse(fs.readFileSync("dist/postinstall-inventory.json", "utf8"));
      const missing = (Array.isArray(listed) ? listed : listed.files ?? []).filter((file) => !fs.existsSync(file));
      if (missing.length > 0) { console.error(`missing: ${missing.slice(0, 5)}`); process.exit(1); }'
  )
}

switch_link() { # TARGET LINK: replaced in one step, so that it never points nowhere
  ln -sfn "$1" "$2.new"
  mv -fT "$2.new" "$2" 2>/dev/null || mv -fh "$2.new" "$2"
}

write_wrapper() {
  local line='#!/bin/bash'
  line+=$'\n'"# OpenClaw for a person on this machine, with the same places as the gateway."
  line+=$'\n'"export HOME='$home' OPENCLAW_STATE_DIR='$state_dir' PATH=\"$mcp_dir/node/bin:\$PATH\""
  line+=$'\n'"exec '$mcp_dir/node/bin/node' '$mcp_dir/current/node_modules/openclaw/openclaw.mjs' \"\$@\""
  write_file "$mcp_dir/bin/openclaw" "$line"
  chmod 700 "$mcp_dir/bin/openclaw"
}
