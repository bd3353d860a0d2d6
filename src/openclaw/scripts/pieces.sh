# shellcheck shell=bash
# Text that is handed out in pieces of bytes must not be cut inside a character.

# How many bytes at the end of FILE belong to a UTF-8 character that is not all there.
cut_character() { # FILE
  local bytes=() have=0 byte
  read -r -a bytes <<<"$(tail -c 4 "$1" | od -An -v -tu1 | tr '\n' ' ')"
  while [ "$have" -lt "${#bytes[@]}" ] && [ "$have" -lt 4 ]; do
    byte=${bytes[${#bytes[@]} - have - 1]}
    have=$((have + 1))
    if [ "$byte" -lt 128 ]; then break; fi
    if [ "$byte" -lt 192 ]; then continue; fi
    if { [ "$byte" -ge 240 ] && [ "$have" -lt 4 ]; } || { [ "$byte" -ge 224 ] && [ "$have" -lt 3 ]; } ||
      { [ "$byte" -lt 224 ] && [ "$have" -lt 2 ]; }; then
      printf '%s' "$have"
      return
    fi
    break
  done
  printf 0
}
