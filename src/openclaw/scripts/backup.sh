# shellcheck shell=bash
# Packs the assistant's state into one encrypted file that is then read in pieces. The gateway goes on working: databases
# are copied by SQLite itself, everything else is a text file that only grows.

backup_main() {
  local key=${OPENCLAW_MCP_KEY:?} transfer name
  for name in $(compgen -e OPENCLAW_MCP_ || true); do
    if [ "$name" != OPENCLAW_MCP_JOB_DIR ]; then export -n "${name?}"; fi
  done
  if [ ! -x "$mcp_dir/node/bin/node" ]; then fail not_installed; fi
  if [ ! -s "$state_dir/openclaw.json" ]; then fail not_configured; fi
  make_dirs
  drop_old_transfers
  transfer=$mcp_dir/transfer/$(basename "${OPENCLAW_MCP_JOB_DIR:?}")
  rm -rf "$transfer" && mkdir -p "$transfer/databases"
  stage pack
  require_room_to_pack
  write_file "$transfer/openclaw-backup.json" "${OPENCLAW_MCP_MANIFEST:?}"
  copy_databases "$transfer/databases" || fail backup_database
  pack_state "$transfer" | gzip -c | encrypt "$key" "$transfer" || fail backup_failed
  rm -rf "$transfer/databases" "$transfer/openclaw-backup.json"
  cat "$transfer/facts" >&3
}

# Whoever wanted those has given up, and they fill the disk.
drop_old_transfers() {
  mkdir -p "$mcp_dir/transfer"
  find "$mcp_dir/transfer" -mindepth 1 -maxdepth 1 -type d -mmin +1440 -exec rm -rf {} +
}

require_room_to_pack() {
  local state_kib free
  state_kib=$(du -sk "$state_dir" | cut -f1)
  free=$(df -Pk "$home" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt $((state_kib + 65536)) ]; then fail no_room_for_copy; fi
}

# A database that is being written is not whole as a file, nor without the log beside it. Those that stand beside another
# one (x.sqlite.reindex-lock.sqlite) are locks, held by the gateway and of no use elsewhere.
copy_databases() { # DIR
  # shellcheck disable=SC2016 # JavaScript
  find "$state_dir" -path "$state_dir/tmp" -prune -o -name '*.sqlite' ! -name '*.sqlite.*.sqlite' -type f -print | "$mcp_dir/node/bin/node" --no-warnings -e '
    const fs = require("node:fs");
    const path = require("node:path");
    const [, root, target] = process.argv;
    const files = fs.readFileSync(0, "utf8").split("\n").filter((file) => file !== "");
    const isDatabase = (file) => {
      const head = Buffer.alloc(15);
      const opened = fs.openSync(file, "r");
      fs.readSync(opened, head, 0, 15, 0);
      fs.closeSync(opened);
      return head.toString("latin1") === "SQLite format 3";
    };
    (async () => {
      for (const file of files) {
        const copy = path.join(target, `${path.relative(root, file)}.snapshot`);
        fs.mkdirSync(path.dirname(copy), { recursive: true, mode: 0o700 });
        if (!isDatabase(file)) { fs.copyFileSync(file, copy); continue; }
        const { DatabaseSync, backup } = require("node:sqlite");
        const database = new DatabaseSync(file, { readOnly: true, timeout: 20_000 });
        try {
          await backup(database, copy);
        } catch {
          // Copying pages gives up at once where somebody writes without a log beside; reading waits for its turn.
          console.error(`waiting for ${path.relative(root, file)}`);
          fs.rmSync(copy, { force: true });
          database.prepare("VACUUM INTO ?").run(copy);
        }
        database.close();
        // 2026.9 takes the lease of a gateway on another host for a living one for five minutes, and does not start.
        const snapshot = new DatabaseSync(copy);
        if (snapshot.prepare("PRAGMA table_info(state_leases)").all().length > 0) snapshot.exec("DELETE FROM state_leases");
        snapshot.close();
      }
    })();' "$state_dir" "$1"
}

# The manifest first, so that it can be read without unpacking the rest. Logs and locks are of no use elsewhere; the cache
# (tens of MB of user interface) and the skills that come with the release are made again at every start.
pack_state() { # DIR
  local status=0
  tar -cf - --exclude=./logs --exclude=./tmp --exclude=./cache --exclude=./plugin-skills --exclude='*.sqlite' \
    --exclude='*.sqlite-wal' --exclude='*.sqlite-shm' --exclude='*.sqlite-journal' \
    -C "$1" openclaw-backup.json -C "$state_dir" . -C "$1/databases" . || status=$?
  # 1: a file grew while it was read, which is what a transcript does.
  if [ "$status" -gt 1 ]; then return "$status"; fi
}

# The pieces pass through an API that keeps what commands print: it must not learn what is in them.
encrypt() { # KEY DIR
  # shellcheck disable=SC2016 # JavaScript
  ARCHIVE_KEY=$1 "$mcp_dir/node/bin/node" -e '
    const { createCipheriv, createHash, randomBytes } = require("node:crypto");
    const { createWriteStream, writeFileSync } = require("node:fs");
    const { pipeline, Transform } = require("node:stream");
    const [, dir] = process.argv;
    const iv = randomBytes(16);
    const hash = createHash("sha256");
    let bytes = 0;
    const measure = new Transform({
      transform(chunk, _encoding, done) { hash.update(chunk); bytes += chunk.length; done(null, chunk); },
    });
    const cipher = createCipheriv("aes-256-ctr", Buffer.from(process.env.ARCHIVE_KEY, "hex"), iv);
    pipeline(process.stdin, measure, cipher, createWriteStream(`${dir}/archive`, { mode: 0o600 }), (error) => {
      if (error) throw error;
      writeFileSync(`${dir}/facts`, `bytes=${bytes}\nsha256=${hash.digest("hex")}\niv=${iv.toString("hex")}\n`);
    });' "$2"
}
