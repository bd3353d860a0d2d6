# shellcheck shell=bash
# What could be installed here: the wanted OpenClaw and its demands, and the Node versions that can be had, and where.

resolve_main() {
  local wanted=${OPENCLAW_MCP_WANTED:-latest} work
  work=$(mktemp -d)
  scratch=$work
  use_network
  emit home "$home"
  emit os "$os"
  emit arch "$arch"
  emit port "$port"
  ask 3 "$registry/openclaw/$wanted" "$work/openclaw" &
  local openclaw_asked=$!
  node_versions "$work" &
  local node_asked=$!
  if ! wait "$openclaw_asked"; then unknown_version "$work"; fi
  emit openclaw_version "$(json_field version "$work/openclaw")"
  grep -oE '"engines"[[:space:]]*:[[:space:]]*\{[^}]*\}' "$work/openclaw" | head -n 1 | emit_blob engines || true
  wait "$node_asked" || fail node_unavailable "$work/error"
  emit node_source "$(cat "$work/source")"
  emit_blob node_versions <"$work/versions"
}

ask() { # TRIES URL FILE CURL-ARGS…: the answer as one line
  local tries=$1 url=$2 file=$3
  shift 3
  fetch "$tries" --connect-timeout 5 --max-time 40 "$@" -o "$file.raw" "$url" 2>"$file.error" || return 1
  tr -d '\n' <"$file.raw" >"$file"
}

# One `version lts` per line, "-" where the source does not tell.
node_versions() { # WORK
  local package=node-linux-$arch
  if [ "$os" = darwin ]; then package=node-bin-darwin-$arch; fi
  if ask 1 "${OPENCLAW_MCP_NODE_MIRROR:-https://nodejs.org/dist}/index.json" "$1/index" --max-time 15; then
    echo official >"$1/source"
    grep -oE '\{[^{}]*\}' "$1/index" | grep "\"$os-$arch\"\|\"osx-$arch-tar\"" |
      sed -n 's/.*"version"[: ]*"v\([0-9.]*\)".*"lts"[: ]*"\{0,1\}\([A-Za-z]*\).*/\1 \2/p' >"$1/versions"
    if [ -s "$1/versions" ]; then return 0; fi
  fi
  echo registry >"$1/source"
  if ! ask 3 "$registry/$package" "$1/package" -H 'Accept: application/vnd.npm.install-v1+json'; then
    cat "$1/index.error" "$1/package.error" >"$1/error"
    return 1
  fi
  grep -oE "\"version\"[: ]*\"[0-9.]+\"" "$1/package" | sed 's/.*"\([0-9.]*\)"$/\1 -/' >"$1/versions"
  [ -s "$1/versions" ]
}

unknown_version() { # WORK
  if ! grep -q 404 "$1/openclaw.error"; then fail registry_unreachable "$1/openclaw.error"; fi
  if ask 3 "$registry/openclaw" "$1/all" -H 'Accept: application/vnd.npm.install-v1+json'; then
    grep -oE '"version"[: ]*"[0-9]{4}\.[0-9]+\.[0-9]+(-[0-9]+)?"' "$1/all" | sed 's/.*"\([^"]*\)"$/\1/' | sort -u >"$1/names"
    fail unknown_version "$1/names"
  fi
  fail unknown_version
}
