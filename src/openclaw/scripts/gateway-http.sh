# shellcheck shell=bash
# Questions to the gateway on this machine's loopback. Bodies decide: some versions answer every path with 200 and HTML.

# Never through a proxy that the machine's environment names: this is its own loopback.
gateway_curl() { # PATH CURL-ARGS…
  local path=$1
  shift
  curl -q --proto =http -sS --noproxy '*' --connect-timeout 2 "$@" "http://127.0.0.1:$port$path"
}

port_open() { # without a process of its own
  { : 4<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null
}

# live: the process answers · ready: it takes work · starting/draining: it will, or did.
gateway_health() { # → live | no
  local body
  body=$(gateway_curl /healthz -m 3 2>/dev/null || true)
  case "$body" in '{'*'"ok":true'*) printf live ;; *) printf no ;; esac
}

gateway_ready() { # → yes | starting | draining | no
  local body
  body=$(gateway_curl /readyz -m 3 2>/dev/null || true)
  case "$body" in
    '{'*'"ready":true'*) printf yes ;;
    '{'*draining*) printf draining ;;
    '{'*'"ready":false'*) printf starting ;;
    *) printf no ;;
  esac
}

# The token is read by curl from a 0600 file: it is in no argument list.
gateway_authenticated() { # → yes | refused | no_token | no
  local body
  if [ ! -s "$auth_file" ]; then
    printf no_token
    return
  fi
  body=$(gateway_curl /v1/models -m 5 -H @"$auth_file" 2>/dev/null || true)
  case "$body" in
    '{'*'"data"'*) printf yes ;;
    '{'*nauthorized*) printf refused ;;
    *) printf no ;;
  esac
}

# Sets listening, health, ready and authenticated. What was not asked says `not_checked`.
# shellcheck disable=SC2034 # for the callers
ask_gateway() {
  listening=no health=not_checked ready=not_checked authenticated=not_checked
  if ! port_open; then return 0; fi
  listening=yes
  health=$(gateway_health)
  if [ "$health" != live ]; then return 0; fi
  ready=$(gateway_ready)
  authenticated=$(gateway_authenticated)
}
