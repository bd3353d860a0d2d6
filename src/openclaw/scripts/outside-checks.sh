# shellcheck shell=bash
# Asks model providers and messengers whether a secret works before anything is written, each with the smallest request
# that there is. Their own answer is worth more than what OpenClaw makes of it, and comes without its retries of minutes.

# Fails with the other side's answer where that says no. Sets `unchecked` to what nobody could say anything about.
outside_checks() { # FOLDER of a job's work, with the drafted secrets in it
  local folder=$1 name kind http curl_exit
  unchecked=''
  sidecar outside-requests "$folder/requests" < <(
    printf '{"job":"%s","checks":' "$(basename "$(dirname "$folder")")"
    input_to_stdout OPENCLAW_MCP_CHECKS
    printf '}'
  )
  while read -r kind name; do
    curl_exit=0
    # The address and the headers, with the secret, are in a file: no argument list shows them.
    http=$(curl -q --proto =http,https -sS -m 30 --connect-timeout 10 -K "$folder/$name.curl" -o "$folder/$name.answer" \
      -w '%{http_code}' 2>"$folder/$name.error") || curl_exit=$?
    if [ "$curl_exit" != 0 ]; then http=000; fi
    judge "$kind" "$http" "$folder/$name"
  done <"$folder/list"
}

judge() { # KIND HTTP FILES
  local subject
  subject=$(cat "$3.subject")
  case "$2" in
    2*) if [ "$1" != slack ] || grep -q '"ok":true' "$3.answer"; then return 0; fi ;;
    000 | 408 | 429 | 5*)
      unchecked+="${unchecked:+ }$subject"
      return 0
      ;;
  esac
  { printf '%s: HTTP %s from %s\n' "$subject" "$2" "$(cat "$3.address")" && head -c 3000 "$3.answer"; } >"$3.said"
  if [ "$1" != provider ]; then fail channel_token_refused "$3.said"; fi
  case "$2" in
    401 | 403) fail key_refused "$3.said" ;;
    402) fail no_credit "$3.said" ;;
    404 | 405) fail provider_not_found "$3.said" ;;
  esac
  if grep -qiE 'credit|quota|billing' "$3.answer"; then fail no_credit "$3.said"; fi
  if grep -qi 'model' "$3.answer"; then fail model_unknown "$3.said"; fi
  if grep -qiE 'api.?key' "$3.answer"; then fail key_refused "$3.said"; fi
  fail provider_refused "$3.said"
}
