# shellcheck shell=bash
# A Node that runs: found on the machine, or fetched from where the machine may, and proven before it is used.

# Below this the machine's own program does not run.
runs() { # FOLDER
  case "$("$1/bin/node" --version 2>/dev/null)" in v2[0-9].* | v[3-9][0-9].*) ;; *) return 1 ;; esac
}

# Makes `node` a folder of one. Where nothing was ever installed nothing is fetched unless it is wanted: a deploy brings its
# own beside the rest. What a job said of itself before there was a Node needs none; the rest is told by the program.
find_node() {
  local wanted=${OPENCLAW_MCP_WITHOUT_NODE:-} patience=2
  if [ "$wanted" = read ]; then until runs "$node" || ! fetching || [ "$SECONDS" -ge 10 ]; do sleep 0.1; done; fi
  if runs "$node"; then return; fi
  if [ "$wanted" = stop ]; then mkdir -p "$job" && : >"$job/stopped"; fi
  case "$wanted" in
    begin) begin_job ;;
    job) patience=600 ;;
    read | stop) if [ ! -e "$job/pid" ] || [ -e "$job/said" ] || { [ "$wanted" = read ] && fetching; }; then without_node no_node; fi ;;
    '') if [ ! -L "$node" ] && [ ! -s "$mcp_dir/deployment.json" ]; then without_node no_node; fi ;;
  esac
  # Who has the right installs, and may be long about it.
  until take; do if [ "$SECONDS" -ge "$patience" ]; then without_node busy; else sleep 0.1; fi; done
  registry=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-${OPENCLAW_MCP_REGISTRY:?}}}
  registry=${registry%/}
  # The installer that needs no Node comes meanwhile; without it the job asks for it again.
  if [ "$wanted" = job ]; then fetch_bun "$mcp_dir/mending-bun" "$OPENCLAW_MCP_BUN_VERSION" & fi
  if ! runs "$node"; then mend_node; fi
  wait
  if command -v flock >/dev/null; then exec 9>&-; else rm -f "$mcp_dir/install.lock"; fi
  if [ "$wanted" = job ]; then rm -f "$job/said"; fi
}

# By default the version that was there, else the one that was asked for, else the one that this server was tested with.
# Where none can be had: another one that runs, or this start ends with the reason.
mend_node() {
  local version said=$folder/node.log tree
  why=node_unavailable version=$(readlink "$node" 2>/dev/null || true)
  case "$version" in node-[0-9]*.[0-9]*.[0-9]*) version=${version#node-} ;; *) version=${OPENCLAW_MCP_NODE_VERSION:?} ;; esac
  if fetch_node "$version" "$mcp_dir/mending" >"$said" 2>&1; then return; fi
  for tree in "$mcp_dir"/node-*; do if runs "$tree"; then node=$tree && return; fi; done
  if grep -qiE 'ENOSPC|no space left' "$said"; then why=disk_full; fi
  # What it has begun goes on with its right, and leaves nothing.
  wait && rm -rf "$mcp_dir"/bun-*
  fail "$why" "$said"
}

fetch_node() { # VERSION WORK
  local first=official second=registry
  if [ "${OPENCLAW_MCP_NODE_SOURCE:-}" = registry ]; then first=registry second=official; fi
  if ! runs "$mcp_dir/node-$1"; then
    rm -rf "$2" && mkdir -p "$2" || return 1
    { "${first}_node" "$1" "$2" && runs "$2/tree"; } || { "${second}_node" "$1" "$2" && runs "$2/tree"; } || return 1
    rm -rf "$mcp_dir/node-$1" && mv "$2/tree" "$mcp_dir/node-$1" && rm -rf "$2" || return 1
  fi
  ln -sfn "node-$1" "$node.new"
  mv -fT "$node.new" "$node" 2>/dev/null || mv -fh "$node.new" "$node"
}

official_node() { # VERSION WORK
  local publisher=https://nodejs.org/dist name=node-v$1-$os-$arch.tar.gz base sum
  base=${OPENCLAW_MCP_NODE_MIRROR:-$publisher} sum=$(pinned_sum "$name")
  if [ -z "$sum" ]; then
    # A mirror may serve the archive, and never says what it must be, but on this machine itself.
    if on_loopback "$base"; then publisher=$base; fi
    download "$publisher/v$1/SHASUMS256.txt" "$2/sums" || return 1
    sum=$(awk -v name="$name" '$2 == name { print $1 }' "$2/sums")
  fi
  fetch "$base/v$1/$name" "$sum" "$2"
}

registry_node() { # VERSION WORK
  if [ "$os" = darwin ]; then package "node-bin-darwin-$arch" "$1" "$2"; else package "node-linux-$arch" "$1" "$2"; fi
}

fetch_bun() { # WORK VERSION
  rm -rf "$1" "$mcp_dir/bun-$2" && mkdir -p "$1" && package "@oven/bun-$os-${arch/arm64/aarch64}" "$2" "$1" || return 1
  mv "$1/tree" "$mcp_dir/bun-$2" && rm -rf "$1"
}

package() { # NAME VERSION WORK
  local doc=$3/package.json url sum
  download "$registry/${1/\//%2f}/$2" "$doc" || return 1
  url=$(json_field tarball "$doc") sum=$(pinned_sum "$1@$2")
  # A registry elsewhere does not name this machine's own servers.
  if on_loopback "$url" && ! on_loopback "$registry"; then return 1; fi
  fetch "$url" "${sum:-$(json_field integrity "$doc")}" "$3"
}

# What an archive must be by the server's own source, which no mirror can change; nothing for one that it does not know.
pinned_sum() { # ARCHIVE
  printf '%s\n' "${OPENCLAW_MCP_SUMS:-}" | awk -v name="$1" '$1 == name { print $2; exit }'
}

json_field() { # NAME FILE: the first string of that name
  tr -d '\n' <"$2" | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p"
}

fetch() { # URL SUM WORK: its tree, where it is what it must be, by a sum in hex or as npm writes it
  local sum=$2 found
  download "$1" "$3/archive" || return 1
  case "$sum" in sha512-*) sum=$(printf %s "${sum#sha512-}" | base64 -d | od -An -v -tx1 | tr -d ' \n') ;; esac
  found=$("sha$((${#sum} * 4))sum" "$3/archive" || shasum -a $((${#sum} * 4)) "$3/archive") || true
  if [ -z "$sum" ] || [ "${found%% *}" != "$sum" ]; then why=wrong_checksum && echo "$1: wrong checksum" && return 1; fi
  rm -rf "$3/tree" && mkdir "$3/tree" && tar -xzf "$3/archive" -C "$3/tree" --strip-components=1
}

# What arrives in the clear can be changed on its way, and so can the sums beside it. Only this machine itself may do so.
# A curl configuration of the user could send it anywhere (-q), and a redirect into the clear.
download() { # URL FILE
  local protocol=https ca code
  if on_loopback "$1"; then protocol=http; fi
  if [[ "$1" != "$protocol"://* ]]; then why=insecure_source && echo "$1: insecure source" && return 1; fi
  # Tried again, since curl's own retries leave out a name that is not known yet and a connection that breaks: with each
  # authority that npm or Node was told of, in case a proxy of a company is between. 22: an answer, which is an error.
  for ca in '' "${NPM_CONFIG_CAFILE:-${npm_config_cafile:-}}" "${NODE_EXTRA_CA_CERTS:-}"; do
    code=0
    curl -q ${ca:+--cacert "$ca"} --proto "=$protocol" --proto-redir =https -fsSL --retry 2 --retry-delay 1 \
      --connect-timeout 10 --speed-limit 1000 --speed-time 30 -o "$2" "$1" || code=$?
    case "$code" in 0 | 22) break ;; 60) ;; *) sleep 1 ;; esac
  done
  return "$code"
}

on_loopback() { # URL
  [[ "$1" =~ ^http://(127(\.[0-9]{1,3}){3}|localhost|\[::1\])(:[0-9]{1,5})?(/|$) ]]
}
