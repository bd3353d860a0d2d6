# shellcheck shell=bash
# A Node that runs: found on the machine, or fetched from where the machine may, and proven before it is used.

# Below this the machine's own program does not run.
runs() { # FOLDER
  case "$("$1/bin/node" --version 2>/dev/null)" in v2[0-9].* | v[3-9][0-9].*) ;; *) return 1 ;; esac
}

# Sets `node` to a folder. Where nothing was ever installed nothing is fetched: a deploy brings its own beside the rest.
find_node() {
  local said=$folder/node.log tree
  node=$mcp_dir/node
  if runs "$node"; then return; fi
  if [ ! -L "$node" ] && [ ! -s "$mcp_dir/deployment.json" ]; then without_node no_node; fi
  # Who holds it installs, and may be long about it.
  if ! take_install; then without_node busy; fi
  if runs "$node" || mend_node >"$said" 2>&1; then
    drop_install
    return
  fi
  drop_install
  for tree in "$mcp_dir"/node-*; do
    if runs "$tree"; then
      node=$tree
      return
    fi
  done
  if grep -q 'wrong checksum' "$said"; then fail wrong_checksum "$said"; fi
  fail node_unavailable "$said"
}

take_install() {
  local owner
  if command -v flock >/dev/null; then
    exec 9>"$mcp_dir/install.lock"
    flock -w 2 9
    return
  fi
  # macOS: a symlink that names its owner as every other holder of it does.
  owner=$(readlink "$mcp_dir/install.lock" || true)
  if [ -n "$owner" ] && ! kill -0 "${owner%% *}" 2>/dev/null; then rm -f "$mcp_dir/install.lock"; fi
  ln -s "$$ $(ps -o lstart= -p $$ | tr -s ' ' _) -" "$mcp_dir/install.lock" 2>/dev/null
}

drop_install() {
  if command -v flock >/dev/null; then exec 9>&-; else rm -f "$mcp_dir/install.lock"; fi
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
  if [ -s "$mcp_dir/deployment.json" ]; then say deployment@ "$(gzip -c <"$mcp_dir/deployment.json" | base64 | tr -d '\n')"; fi
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

# The version that was there, else the one that was deployed, else the one that this server was tested with.
mend_node() {
  local version work=$mcp_dir/mending
  version=$(readlink "$mcp_dir/node" 2>/dev/null || true)
  version=${version#node-}
  if [ -z "$version" ]; then version=$(json_field nodeVersion "$mcp_dir/deployment.json" 2>/dev/null || true); fi
  case "$version" in [0-9]*.[0-9]*.[0-9]*) ;; *) version=${OPENCLAW_MCP_NODE_VERSION:?} ;; esac
  use_trust
  registry=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-${OPENCLAW_MCP_REGISTRY:?}}}
  registry=${registry%/}
  rm -rf "$work" && mkdir -p "$work" || return 1
  official_node "$version" "$work" || registry_node "$version" "$work" || return 1
  runs "$work/tree" || return 1
  rm -rf "$mcp_dir/node-$version" && mv "$work/tree" "$mcp_dir/node-$version" || return 1
  ln -sfn "node-$version" "$mcp_dir/node.new"
  mv -fT "$mcp_dir/node.new" "$mcp_dir/node" 2>/dev/null || mv -fh "$mcp_dir/node.new" "$mcp_dir/node"
  rm -rf "$work"
  runs "$mcp_dir/node"
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
  proven "$name" "$sum" "$(sha_hex 256 "$2/archive")" && unpack "$2"
}

registry_node() { # VERSION WORK
  local package=node-$os-$arch doc=$2/package.json url sum
  if [ "$os" = darwin ]; then package=node-bin-darwin-$arch; fi
  download "$registry/$package/$1" "$doc" || return 1
  url=$(json_field tarball "$doc")
  sum=$(pinned_sum "$package@$1")
  # A registry elsewhere does not name this machine's own servers.
  if on_loopback "$url" && ! on_loopback "$registry"; then return 1; fi
  download "$url" "$2/archive" || return 1
  proven "$package@$1" "${sum:-$(json_field integrity "$doc")}" "$(integrity_of "$2/archive")" && unpack "$2"
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

# curl and node each read another variable for the same thing; a company proxy works only if both know its CA.
use_trust() {
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
}
