# shellcheck shell=bash
# Downloads that trust what the machine trusts and prove what they got.

# curl, npm, bun and node each read another variable for the same thing; a company proxy works only if all know its CA.
use_trust() {
  local ca=${CURL_CA_BUNDLE:-${SSL_CERT_FILE:-${NPM_CONFIG_CAFILE:-${npm_config_cafile:-}}}}
  local extra=${NODE_EXTRA_CA_CERTS:-} system
  if [ -z "$ca" ] && [ -n "$extra" ] && [ -r "$extra" ]; then
    # Node adds this one to its own list; the others replace theirs, so they need both.
    mkdir -p "$mcp_dir"
    ca=$mcp_dir/ca.pem
    for system in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
      if [ -r "$system" ]; then break; fi
    done
    cat "$system" "$extra" >"$ca.new.$$"
    mv -f "$ca.new.$$" "$ca"
  fi
  if [ -z "$ca" ]; then return 0; fi
  export CURL_CA_BUNDLE=$ca NPM_CONFIG_CAFILE=$ca NODE_EXTRA_CA_CERTS=${extra:-$ca}
}

use_network() {
  use_trust
  # The machine's own registry wins: behind a proxy it is the only one that answers.
  registry=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-${OPENCLAW_MCP_REGISTRY:?}}}
  registry=${registry%/}
  require_secure "$registry"
  require_secure "${OPENCLAW_MCP_NODE_MIRROR:-https://nodejs.org}"
}

# What arrives in the clear can be changed on its way, and so can the sums beside it. Only this machine itself may do so.
require_secure() { # URL
  case "$1" in https://?*) return 0 ;; esac
  if ! on_loopback "$1"; then fail insecure_source; fi
}

on_loopback() { # URL
  [[ "$1" =~ ^http://(127(\.[0-9]{1,3}){3}|localhost|\[::1\])(:[0-9]{1,5})?(/|$) ]]
}

# What an archive must be by this server's own source, which no mirror can change; nothing for one that it does not know.
pinned_sum() { # ARCHIVE
  local archive sum
  while read -r archive sum; do
    if [ "$archive" = "$1" ]; then
      printf '%s' "$sum"
      return 0
    fi
  done <<<"${OPENCLAW_MCP_SUMS:-}"
}

# curl's own retries leave out a name that is not known yet and a connection that breaks, both usual right after a boot.
# A curl configuration of the user could send it anywhere (-q), and a redirect into the clear.
fetch() { # TRIES CURL-ARGS… URL
  local tries=$1 code protocols==https
  shift
  if on_loopback "${!#}"; then protocols==http; fi
  while true; do
    code=0
    curl -q --proto "$protocols" --proto-redir =https -fsSL --retry 2 --retry-delay 1 "$@" || code=$?
    tries=$((tries - 1))
    # 22: the server did answer, with an error.
    if [ "$code" -eq 0 ] || [ "$code" -eq 22 ] || [ "$tries" -le 0 ]; then return "$code"; fi
    sleep 1
  done
}

download() { # URL FILE
  fetch 3 --connect-timeout 10 --speed-limit 1000 --speed-time 30 -o "$2" "$1"
}

integrity_of() { # FILE → as npm writes it
  local hex bytes='' i
  hex=$(sha_hex 512 "$1")
  for ((i = 0; i < ${#hex}; i += 2)); do bytes+="\\x${hex:i:2}"; done
  # shellcheck disable=SC2059 # the format is the bytes
  printf 'sha512-%s' "$(printf "$bytes" | base64 | tr -d '\n')"
}

json_field() { # NAME FILE: the first string of that name in a one-line JSON document
  sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" "$2" | head -n 1
}

# Unpacks PACKAGE@VERSION of the registry into DIR. Returns non-zero when it cannot be had; nothing half stays in DIR.
unpack_package() { # PACKAGE VERSION DIR
  local doc=$3.json tgz=$3.tgz url sum
  rm -rf "$3" && mkdir -p "$3" || return 1
  download "$registry/${1/\//%2f}/$2" "$doc" || return 1
  # "tarball" and "integrity" stand side by side in "dist"; no dependency list holds either name.
  tr -d '\n' <"$doc" >"$doc.flat" || return 1
  url=$(json_field tarball "$doc.flat")
  sum=$(pinned_sum "$1@$2")
  sum=${sum:-$(json_field integrity "$doc.flat")}
  # A registry elsewhere does not name this machine's own servers.
  if on_loopback "$url" && ! on_loopback "$registry"; then return 1; fi
  download "$url" "$tgz" || return 1
  if [ "$(integrity_of "$tgz")" != "$sum" ]; then
    echo "$1@$2: wrong checksum"
    return 1
  fi
  tar -xzf "$tgz" -C "$3" --strip-components=1 || return 1
  rm -f "$doc" "$doc.flat" "$tgz"
}
