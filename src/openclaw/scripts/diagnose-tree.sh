# shellcheck shell=bash
# Whether OpenClaw's folder is whole. `--version` proves nothing: it answers with most of the tree gone.

# Sets `tree` to ok, broken or missing (not_checked without a Node to look with).
diagnose_tree() {
  local wanted lacking=''
  wanted=$(link_version current)
  emit openclaw_wanted "$wanted"
  tree=ok
  if [ -z "$wanted" ]; then
    tree=missing
  elif [ ! -s "$mcp_dir/current/node_modules/openclaw/openclaw.mjs" ]; then
    tree=broken
  elif [ "$node" != ok ]; then
    tree=not_checked
  else
    lacking=$(missing_parts "$mcp_dir/node/bin/node" "$mcp_dir/current" 2>&1 || true)
    if [ -n "$lacking" ]; then tree=broken; fi
  fi
  if [ -n "$lacking" ]; then printf '%s' "${lacking:0:2000}" | emit_blob tree_missing; fi
  emit tree "$tree"
}

# The first few files of its own list, and packages that it depends on, which are not there. Measured: 0.3 s.
missing_parts() { # NODE APP-DIR
  # shellcheck disable=SC2016 # JavaScript
  "$1" -e '
    const fs = require("node:fs"), path = require("node:path");
    const app = fs.realpathSync(process.argv[1]), root = path.join(app, "node_modules/openclaw");
    const json = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
    const missing = [], seen = new Set(), queue = [root];
    const list = path.join(root, "dist/postinstall-inventory.json");
    if (fs.existsSync(list)) {
      const files = json(list);
      missing.push(...(Array.isArray(files) ? files : files.files ?? []).filter((f) => !fs.existsSync(path.join(root, f))));
    }
    const find = (from, name) => {
      for (let at = from; at.length >= app.length; at = path.dirname(at)) {
        const found = path.join(at, "node_modules", name);
        if (fs.existsSync(path.join(found, "package.json"))) return found;
      }
    };
    while (queue.length > 0) {
      const dir = queue.pop();
      if (seen.has(dir)) continue;
      seen.add(dir);
      const { dependencies = {}, optionalDependencies = {} } = json(path.join(dir, "package.json"));
      for (const name of Object.keys(dependencies)) {
        const found = find(dir, name);
        if (found) queue.push(found);
        else if (!(name in optionalDependencies)) missing.push(name);
      }
    }
    if (missing.length > 0) console.log(missing.slice(0, 10).join("\n"));
  ' "$2"
}
