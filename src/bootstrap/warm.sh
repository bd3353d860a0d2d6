# shellcheck shell=bash
# One request to the machine's own program that runs already. bash hands it on and becomes curl: nothing that waits holds it.
h=/home/machine
{ [ -d "$h" ] && [ -w "$h" ]; } || h=${HOME:-/}
# Where a home cannot hold a socket, `at` names a folder that can; it must be ours, since others may make one of its name.
if ! { cd "$h/.openclaw-mcp/sidecar" && { [ -S s ] || { read -r d <./at && cd "$d" && [ -O . ] && [ -S s ]; }; }; } 2>/dev/null; then
  printf 'cold=absent\nend=1\n'
  exit
fi
exec 4< <(for n in ${!OPENCLAW_MCP_REQUEST_@}; do printf %s "${!n}"; done)
# shellcheck disable=SC2086 # names
unset ${!OPENCLAW_MCP_@}
if [ -e "$h/.openclaw-mcp/sidecar/own-client" ] || ! command -v curl >/dev/null; then
  exec "$h/.openclaw-mcp/node/bin/node" "$h/.openclaw-mcp/sidecar/main.mjs" ask <&4 4<&-
fi
exec curl -q -sS --noproxy '*' --unix-socket s -H Expect: -H 'Content-Type: text/plain' --data-binary @- http://localhost/ <&4 4<&-
