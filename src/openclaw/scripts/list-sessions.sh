# shellcheck shell=bash
# The sessions of an OpenClaw: over HTTP where its version lists them so (2026.9), else from the files in which older
# ones keep them. There the endpoint lists nothing and leaves a pairing request, and the command line takes 5 s.

list_sessions_main() {
  local version=
  if [ -r "$mcp_dir/current/node_modules/openclaw/package.json" ]; then
    version=$(sed -n 's/^ *"version": *"\([0-9.]*\).*/\1/p;T;q' "$mcp_dir/current/node_modules/openclaw/package.json")
  fi
  case "${OPENCLAW_MCP_SOURCE:-} $version" in
    files* | *' 2026.'[1-7].*) list_from_files ;;
    *) gateway_request_main ;;
  esac
}

list_from_files() {
  local limit=${OPENCLAW_MCP_LIMIT:?} offset=${OPENCLAW_MCP_OFFSET:?} node=$mcp_dir/node/bin/node answer
  if [ ! -x "$node" ]; then node=$(command -v node || true); fi
  if [ -z "$node" ]; then fail not_installed; fi
  # shellcheck disable=SC2016 # JavaScript
  answer=$("$node" -e '
    const fs = require("fs"), path = require("path");
    const [agents, limit, offset] = [process.argv[1], +process.argv[2], +process.argv[3]];
    const rows = [];
    for (const agent of fs.existsSync(agents) ? fs.readdirSync(agents) : []) {
      const folder = path.join(agents, agent, "sessions"), store = path.join(folder, "sessions.json");
      if (!fs.existsSync(store)) continue;
      for (const [key, row] of Object.entries(JSON.parse(fs.readFileSync(store, "utf8"))))
        rows.push({ key, agentId: agent, updatedAt: row.updatedAt, model: row.model, totalTokens: row.totalTokens,
          status: row.status, displayName: row.displayName ?? row.label,
          transcript: path.join(folder, path.basename(row.sessionFile ?? row.sessionId + ".jsonl")) });
    }
    rows.sort((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
    const text = (content) => typeof content === "string" ? content :
      (Array.isArray(content) ? content.map((part) => part?.text ?? "").join(" ") : "");
    const firstWords = (file) => {
      let handle;
      try {
        handle = fs.openSync(file, "r");
        const start = Buffer.alloc(65536);
        const lines = start.toString("utf8", 0, fs.readSync(handle, start)).split("\n");
        for (const line of lines) {
          if (!line.includes("\"role\":\"user\"")) continue;
          return text(JSON.parse(line).message?.content).slice(0, 120);
        }
      } catch {} finally { if (handle !== undefined) fs.closeSync(handle); }
    };
    const page = rows.slice(offset, offset + limit)
      .map(({ transcript, ...row }) => ({ ...row, derivedTitle: firstWords(transcript) }));
    process.stdout.write(JSON.stringify({ sessions: page, hasMore: rows.length > offset + limit }));
  ' "$state_dir/agents" "$limit" "$offset")
  emit source files
  printf '%s' "$answer" | emit_blob body
}
