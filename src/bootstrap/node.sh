# shellcheck shell=bash
# A Node that runs: found on the machine, or fetched from where the machine may, and proven before it is used.

# Below this the machine's own program does not run.
runs() { # FOLDER
  case "$("$1/bin/node" --version 2>/dev/null)" in v2[0-9].* | v[3-9][0-9].*) ;; *) return 1 ;; esac
}

# Makes `node` a folder of one. Where nothing was ever installed nothing is fetched unless it is wanted: a deploy brings its
# own beside the rest.
find_node() {
  local tree wanted=${OPENCLAW_MCP_WITHOUT_NODE:-}
  if runs "$node"; then return; fi
  # One that is done is told by Node, which is mended for it.
  if [ "$wanted" = read ] && [ "$(cat "$mcp_dir/jobs/${OPENCLAW_MCP_JOB_ID:?}/exit" 2>/dev/null)" = 0 ]; then wanted=told; fi
  case "$wanted" in begin | read | stop)
    without_node_job "$wanted"
    return
    ;;
  esac
  if [ -z "$wanted" ] && [ ! -L "$node" ] && [ ! -s "$mcp_dir/deployment.json" ]; then without_node no_node; fi
  # Who holds it installs, and may be long about it.
  if ! take "$mcp_dir/install" 2; then without_node busy; fi
  if ! runs "$node"; then
    use_network
    for tree in "$mcp_dir"/node-*; do if runs "$tree"; then other=$tree; fi; done
    mend_node
  fi
  drop "$mcp_dir/install"
}

# What can be said of a machine without one.
without_node() { # no_node | busy: somebody installs one
  local kib=0 state=no worked=no config=missing file
  if [ -r /proc/meminfo ]; then read -r _ kib _ </proc/meminfo; else kib=$(($(sysctl -n hw.memsize || echo 0) / 1024)); fi
  for file in "$home"/.openclaw/agents/*/sessions/*.jsonl "$home"/.openclaw/agents/*/agent/*.sqlite; do
    if [ -s "$file" ]; then state=yes; fi
  done
  if [ -s "$mcp_dir/openclaw.last-good.json" ]; then worked=yes; fi
  if [ -s "$home/.openclaw/openclaw.json" ]; then config=not_checked; fi
  say_file deployment "$mcp_dir/deployment.json"
  if [ -n "${job:-}" ]; then job_facts; fi
  say cold "$1"
  say home "$home"
  say os "$os"
  say arch "$arch"
  say port "$port"
  say memory_kib "$kib"
  say disk_kib "$(df -Pk "$home" | awk 'NR == 2 { print $4 " " $3 }')"
  say has_state "$state"
  say has_worked "$worked"
  say config "$config"
  end 0
}

# By default the version that was there, else the one that was deployed, else the one that this server was tested with.
# Where none can be had: `other`, or this start ends with the reason.
mend_node() { # [VERSION]
  local version=${1:-} said=$folder/node.log
  if [ -z "$version" ]; then version=$(readlink "$node" 2>/dev/null || true); fi
  version=${version#node-}
  if [ -z "$version" ]; then version=$(json_field nodeVersion "$mcp_dir/deployment.json" 2>/dev/null || true); fi
  case "$version" in [0-9]*.[0-9]*.[0-9]*) ;; *) version=${OPENCLAW_MCP_NODE_VERSION:?} ;; esac
  if fetch_node "$version" "$mcp_dir/mending" >"$said" 2>&1; then return; fi
  if [ -n "${other:-}" ]; then
    node=$other
  elif grep -q 'wrong checksum' "$said"; then
    fail wrong_checksum "$said"
  elif grep -q 'insecure source' "$said"; then
    fail insecure_source "$said"
  elif grep -qiE 'ENOSPC|no space left' "$said"; then
    fail disk_full "$said"
  else
    fail node_unavailable "$said"
  fi
}

fetch_node() { # VERSION WORK
  local first=official second=registry
  if [ "${OPENCLAW_MCP_NODE_SOURCE:-}" = registry ]; then first=registry second=official; fi
  if ! runs "$mcp_dir/node-$1"; then
    rm -rf "$2" && mkdir -p "$2" || return 1
    "${first}_node" "$1" "$2" || "${second}_node" "$1" "$2" || return 1
    rm -rf "$mcp_dir/node-$1" && mv "$2/tree" "$mcp_dir/node-$1" || return 1
    rm -rf "$2"
  fi
  ln -sfn "node-$1" "$node.new"
  mv -fT "$node.new" "$node" 2>/dev/null || mv -fh "$node.new" "$node"
}

official_node() { # VERSION WORK
  local official=https://nodejs.org/dist name=node-v$1-$os-$arch.tar.gz sum base
  base=${OPENCLAW_MCP_NODE_MIRROR:-$official}
  sum=$(pinned_sum "$name")
  if [ -z "$sum" ]; then
    # A mirror may serve the archive, and never says what it must be, but on this machine itself.
    if on_loopback "$base"; then official=$base; fi
    download "$official/v$1/SHASUMS256.txt" "$2/sums" || return 1
    sum=$(awk -v name="$name" '$2 == name { print $1 }' "$2/sums")
  fi
  download "$base/v$1/$name" "$2/archive" || return 1
  proven "$name" "$sum" "$(sha_hex 256 "$2/archive")" && unpack "$2" && runs "$2/tree"
}

registry_node() { # VERSION WORK
  local package=node-$os-$arch
  if [ "$os" = darwin ]; then package=node-bin-darwin-$arch; fi
  package "$package" "$1" "$2" && runs "$2/tree"
}

fetch_bun() {
  local version=${OPENCLAW_MCP_BUN_VERSION:?} work=$mcp_dir/mending-bun cpu=$arch
  if [ "$arch" = arm64 ]; then cpu=aarch64; fi
  rm -rf "$work" "$mcp_dir/bun-$version" && mkdir -p "$work" || return 1
  if package "@oven/bun-$os-$cpu" "$version" "$work"; then mv "$work/tree" "$mcp_dir/bun-$version"; fi
  rm -rf "$work"
}

package() { # NAME VERSION WORK
  local doc=$3/package.json url sum
  download "$registry/${1/\//%2f}/$2" "$doc" || return 1
  url=$(json_field tarball "$doc")
  sum=$(pinned_sum "$1@$2")
  # A registry elsewhere does not name this machine's own servers.
  if on_loopback "$url" && ! on_loopback "$registry"; then return 1; fi
  download "$url" "$3/archive" || return 1
  proven "$1@$2" "${sum:-$(json_field integrity "$doc")}" "$(integrity_of "$3/archive")" && unpack "$3"
}

unpack() { # WORK
  rm -rf "$1/tree" && mkdir "$1/tree" && tar -xzf "$1/archive" -C "$1/tree" --strip-components=1
}

proven() { # NAME WANTED FOUND
  if [ -n "$2" ] && [ "$2" = "$3" ]; then return 0; fi
  echo "$1: wrong checksum"
  return 1
}

# What an archive must be by the server's own source, which no mirror can change; nothing for one that it does not know.
pinned_sum() { # ARCHIVE
  printf '%s\n' "${OPENCLAW_MCP_SUMS:-}" | awk -v name="$1" '$1 == name { print $2; exit }'
}

integrity_of() { # FILE → as npm writes it
  local hex bytes='' i
  hex=$(sha_hex 512 "$1")
  for ((i = 0; i < ${#hex}; i += 2)); do bytes+="\\x${hex:i:2}"; done
  # shellcheck disable=SC2059 # the format is the bytes
  printf 'sha512-%s' "$(printf "$bytes" | base64 | tr -d '\n')"
}

json_field() { # NAME FILE: the first string of that name
  tr -d '\n' <"$2" | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p"
}

# What arrives in the clear can be changed on its way, and so can the sums beside it. Only this machine itself may do so.
# A curl configuration of the user could send it anywhere (-q), and a redirect into the clear.
download() { # URL FILE
  local protocols='=https' tries=0 code
  if on_loopback "$1"; then protocols='=http'; fi
  case "$1" in "${protocols#=}"://*) ;; *)
    echo "$1: insecure source"
    return 1
    ;;
  esac
  while true; do
    code=0
    curl -q --proto "$protocols" --proto-redir =https -fsSL --retry 2 --retry-delay 1 --connect-timeout 10 \
      --speed-limit 1000 --speed-time 30 -o "$2" "$1" || code=$?
    # curl's own retries leave out a name that is not known yet and a connection that breaks. 22: an answer, an error.
    if [ "$code" = 0 ] || [ "$code" = 22 ] || [ $((tries += 1)) -ge 3 ]; then return "$code"; fi
    sleep 1
  done
}

on_loopback() { # URL
  [[ "$1" =~ ^http://(127(\.[0-9]{1,3}){3}|localhost|\[::1\])(:[0-9]{1,5})?(/|$) ]]
}

# curl and node each read another variable for the same thing; a company proxy works only if both know its CA. The
# machine's own registry wins: behind a proxy it is the only one that answers.
use_network() { # sets registry
  local ca=${CURL_CA_BUNDLE:-${SSL_CERT_FILE:-${NPM_CONFIG_CAFILE:-${npm_config_cafile:-}}}} system
  if [ -z "$ca" ] && [ -r "${NODE_EXTRA_CA_CERTS:-}" ]; then
    # Node adds this one to its own list; curl replaces its own.
    ca=$mcp_dir/ca.pem
    for system in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
      if [ -r "$system" ]; then break; fi
    done
    cat "$system" "$NODE_EXTRA_CA_CERTS" >"$ca.new.$$" && mv -f "$ca.new.$$" "$ca"
  fi
  if [ -n "$ca" ]; then export CURL_CA_BUNDLE=$ca; fi
  registry=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-${OPENCLAW_MCP_REGISTRY:?}}}
  registry=${registry%/}
}
