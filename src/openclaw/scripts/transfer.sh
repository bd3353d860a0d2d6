# shellcheck shell=bash
# Large files between this machine and its owner's computer, in pieces that each have their own checksum.

transfer_paths() {
  local job_dir
  job_paths "${OPENCLAW_MCP_JOB_ID:?}"
  transfer=$mcp_dir/transfer/$(basename "$job_dir")
}

read_piece_main() {
  local transfer
  transfer_paths
  if [ ! -s "$transfer/archive" ]; then fail transfer_missing; fi
  scratch=$(mktemp -d)
  dd if="$transfer/archive" of="$scratch/piece" bs="${OPENCLAW_MCP_PIECE_BYTES:?}" skip="${OPENCLAW_MCP_INDEX:?}" count=1 2>/dev/null
  emit sha256 "$(sha_hex 256 "$scratch/piece")"
  printf 'piece=' >&3
  base64 <"$scratch/piece" | tr -d '\n' >&3
  printf '\n' >&3
}

write_piece_main() {
  local transfer
  transfer_paths
  mkdir -p "$transfer"
  chmod 700 "$mcp_dir/transfer"
  input_to_file OPENCLAW_MCP_PIECE "$transfer/piece.${OPENCLAW_MCP_INDEX:?}"
}

list_pieces_main() {
  local transfer piece have=''
  transfer_paths
  for piece in "$transfer"/piece.*; do
    case "${piece##*/piece.}" in '*' | *[!0-9]*) ;; *) have+=" ${piece##*/piece.}" ;; esac
  done
  emit have "$have"
}

end_transfer_main() {
  local transfer
  transfer_paths
  rm -rf "$transfer"
}
