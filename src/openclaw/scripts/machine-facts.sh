# shellcheck shell=bash
# What the machine is made of, on Linux from /proc, elsewhere as well as it can be told.

file_mode() { # FILE → 600
  stat -c %a "$1" 2>/dev/null || stat -f %Lp "$1"
}

process_name() { # PID
  if [ -r "/proc/${1:-0}/comm" ]; then cat "/proc/$1/comm"; else ps -o comm= -p "${1:-0}" || true; fi
}

# The pid that listens on the gateway's port; nothing when it cannot be told (another user's process, say).
port_owner() {
  local hex inode link
  hex=$(printf '%04X' "$port")
  inode=$(awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null || true)
  if [ -z "$inode" ]; then
    if command -v lsof >/dev/null; then lsof -ti "tcp:$port" -sTCP:LISTEN | head -n 1 || true; fi
    return 0
  fi
  link=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null || true)
  link=${link#/proc/}
  printf '%s' "${link%%/*}"
}

meminfo_mib() { # FIELD → MiB; 0 when unknown
  local kib
  kib=$(awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo 2>/dev/null || true)
  printf '%s' "$((${kib:-0} / 1024))"
}

# The smaller of what the machine has and what its control group allows.
memory_limit_mib() {
  local total limit
  total=$(meminfo_mib MemTotal)
  if [ "$total" = 0 ]; then total=$(($(sysctl -n hw.memsize 2>/dev/null || echo 8589934592) / 1048576)); fi
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  if [ "$limit" != max ] && [ $((limit / 1048576)) -lt "$total" ]; then total=$((limit / 1048576)); fi
  printf '%s' "$total"
}

# Whether the gateway starts with the flags that spare memory: on a small machine, and where a repair has found that this much memory is not enough.
spares_memory() {
  local limit
  limit=$(memory_limit_mib)
  [ "$limit" -lt 1536 ] || [ "$limit" -le "$(cat "$mcp_dir/low-memory" 2>/dev/null || printf 0)" ]
}

# How often this machine's kernel has killed for want of memory since it booted.
oom_kills() {
  awk '$1 == "oom_kill" { print $2 }' /proc/vmstat 2>/dev/null || true
}

disk_free_mib() {
  df -Pk "$home" | awk 'NR == 2 { printf "%d", $4 / 1024 }'
}

# With less, writes have failed already (measured).
disk_is_full() {
  [ "$(disk_free_mib)" -lt 50 ]
}

told_of_full_disk() { # FILE…
  LC_ALL=C grep -qaiE 'disk is full|ENOSPC|no space left' "$@" 2>/dev/null
}

# A gateway that saw a write fail for want of room answers no chat until it is started again; its output is of this start.
saw_full_disk() {
  told_of_full_disk "$state_dir/logs/gateway.out"
}
