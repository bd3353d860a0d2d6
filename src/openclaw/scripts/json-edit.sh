# shellcheck shell=bash
# Edits of JSON files with the machine's own node, so that what a person or OpenClaw itself wrote there stays.

machine_node() {
  "$mcp_dir/node/bin/node" "$@"
}

# Prints FILE, {} when there is none, with a merge patch applied: objects merge, null removes, all else replaces. Fails
# when FILE is no JSON object. What FILE has at KEEP, a dotted path, stays.
merged_json() { # FILE INDENT [KEEP] < PATCH
  machine_node -e '
    const { existsSync, readFileSync } = require("node:fs");
    const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
    const merge = (at, patch) => {
      if (!isObject(patch)) return patch;
      const merged = isObject(at) ? { ...at } : {};
      for (const [name, value] of Object.entries(patch)) {
        if (value === null) delete merged[name];
        else merged[name] = merge(merged[name], value);
      }
      return merged;
    };
    const [, file, indent, keep] = process.argv;
    const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    if (!isObject(before)) process.exit(1);
    let after = merge(before, JSON.parse(readFileSync(0, "utf8")));
    const kept = keep ? keep.split(".").reduce((at, name) => at?.[name], before) : undefined;
    if (kept !== undefined) after = merge(after, keep.split(".").reduceRight((value, name) => ({ [name]: value }), kept));
    process.stdout.write(JSON.stringify(after, null, Number(indent)) + "\n");
  ' "$@"
}

# Prints FILE with every plain string under a telling name masked, here already: no secret leaves the machine.
masked_json() { # FILE
  machine_node -e '
    const { readFileSync } = require("node:fs");
    const telling = /token|key|secret|password|credential|authorization|cookie/i;
    const mask = (name, value) => typeof value === "string" && telling.test(name) ? "[set]" : value;
    process.stdout.write(JSON.stringify(JSON.parse(readFileSync(process.argv[1], "utf8")), mask));
  ' "$1"
}
