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

# Prints FILE without the secrets that people write into settings, masked here already: no secret leaves the machine. Every
# plain string under a telling name, each variable and header, and what addresses and arguments carry.
masked_json() { # FILE
  # shellcheck disable=SC2016 # JavaScript
  machine_node -e '
    const { readFileSync } = require("node:fs");
    const telling = "token|key|secret|passw|passphrase|credential|authorization|cookie|bearer";
    const named = new RegExp(`${telling}|^pass$`, "i");
    const flag = new RegExp(`^--?[^=]*(?:${telling})`, "i");
    const query = new RegExp(`([?&][^=&#]*(?:${telling})[^=&#]*=)[^&#]*`, "gi");
    const secretive = new Set(["env", "vars", "headers"]);
    const inText = (text) => {
      if (flag.test(text)) return text.replace(/=.*$/s, "=[set]");
      return text.includes("://") ? text.replace(/:\/\/[^/?#@]*@/g, "://[set]@").replace(query, "$1[set]") : text;
    };
    const mask = (value, hidden) => {
      if (typeof value === "string") return hidden ? "[set]" : inText(value);
      if (Array.isArray(value)) {
        const isFlag = (item) => typeof item === "string" && !item.includes("=") && flag.test(item);
        return value.map((item, index) => mask(item, hidden || isFlag(value[index - 1])));
      }
      return typeof value === "object" && value !== null ? fields(value) : value;
    };
    const fields = (object, all = false) => Object.fromEntries(Object.entries(object).map(([name, value]) => [
      name,
      secretive.has(name) && isObject(value) ? fields(value, true) : mask(value, all || named.test(name)),
    ]));
    const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
    process.stdout.write(JSON.stringify(mask(JSON.parse(readFileSync(process.argv[1], "utf8")), false)));
  ' "$1"
}
