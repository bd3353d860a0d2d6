# shellcheck shell=bash
# One authenticated HTTP request to the gateway from inside the machine, where its port and its token are.

gateway_request_main() {
  local method=${OPENCLAW_MCP_METHOD:?} path=${OPENCLAW_MCP_PATH:?} limit=${OPENCLAW_MCP_MAX_S:-20}
  local max_bytes=${OPENCLAW_MCP_MAX_BYTES:-1048576} curl_exit=0 http length body=() folder
  case "$path" in /*) ;; *) fail input_missing ;; esac
  if [ ! -s "$auth_file" ]; then fail not_configured; fi
  make_dirs
  folder=$(mktemp -d "$mcp_dir/request.XXXXXX")
  if [ -n "${OPENCLAW_MCP_BODY_SHA256:-}" ]; then
    input_to_file OPENCLAW_MCP_BODY "$folder/body"
    body=(-H 'Content-Type: application/json' -H 'Expect:' --data-binary @"$folder/body")
  fi
  # With -g and --path-as-is the path goes out as it came in.
  http=$(gateway_curl "$path" -g --path-as-is -m "$limit" -X "$method" -H @"$auth_file" ${body[@]+"${body[@]}"} \
    -o "$folder/answer" -w '%{http_code}' 2>"$folder/error") || curl_exit=$?
  emit curl_exit "$curl_exit"
  emit http "$http"
  if [ -s "$folder/error" ]; then tail -c 2000 "$folder/error" | emit_blob curl_error; fi
  if [ -s "$folder/answer" ]; then
    length=$(wc -c <"$folder/answer")
    if [ "$length" -gt "$max_bytes" ]; then
      emit truncated 1
      head -c "$max_bytes" "$folder/answer" >"$folder/piece"
      mv "$folder/piece" "$folder/answer"
      length=$((max_bytes - $(cut_character "$folder/answer")))
    fi
    head -c "$((length))" "$folder/answer" | emit_blob body
  fi
  rm -rf "$folder"
}
