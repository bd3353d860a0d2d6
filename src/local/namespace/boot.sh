#!/usr/bin/env bash
# Turns the fresh namespaces of `unshare` into a machine and stays as its first process.
# Inputs: MACHINE_HOSTNAME, ROOT_SIZE; the working folder is the machine's home, descriptor 3 a folder of files for
# /run/host-trust: the folders above them are often closed to the user that a machine runs as. Writes its own process
# id, as the host counts, when the machine is ready. Ends, and the machine with it, when its stdin does.
set -euo pipefail
umask 022

# The /proc in sight is still the host's, so this is the host's number for this process.
read -r host_pid _ </proc/self/stat
# Any folder that every computer has and nothing below needs: only this mount namespace sees what is mounted on it.
root=/sys

# Sets `mounts` to the options of every mount at or below $1. Of two on one place only the upper can be reached.
declare -A mounts
find_mounts() {
  local line where options
  local -a table
  mounts=()
  mapfile -t table </proc/self/mountinfo
  for line in "${table[@]}"; do
    [[ $line == *" $1"* ]] || continue
    read -r _ _ _ _ where options _ <<<"$line"
    printf -v where '%b' "$where"
    if [[ $where == "$1" || $where == "$1"/* ]]; then mounts[$where]=$options; fi
  done
}

# Makes every mount at or below $1 read-only, and proves it. A remount reaches one mount alone, and must name again
# what it may not drop.
read_only() {
  local where
  find_mounts "$1"
  for where in "${!mounts[@]}"; do mount -o "remount,bind,ro${mounts[$where]#r?}" "$where" || true; done
  find_mounts "$1"
  ((${#mounts[@]} > 0)) || exit 1
  for where in "${!mounts[@]}"; do
    [[ ${mounts[$where]} == ro || ${mounts[$where]} == ro,* ]] && continue
    printf 'stays writable: %s\n' "$where" >&2
    exit 1
  done
}

hostname "$MACHINE_HOSTNAME"
ip link set lo up
# Root inside will not own the network namespace either, and must still serve on ports such as 80.
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || true

mount -t tmpfs -o "size=$ROOT_SIZE,mode=755,nodev" tmpfs "$root"
mkdir -p "$root/home/machine"
# As it is, relative: its full name leads through folders that are closed.
mount --no-canonicalize --bind . "$root/home/machine"
cd "$root"
mkdir -p usr etc/ssl dev/pts dev/shm proc run/host-trust tmp var/tmp var/log var/cache var/lib opt srv mnt root \
  .usr/upper .usr/work
chmod 1777 tmp var/tmp
chmod 700 root
cp -R /proc/self/fd/3/. run/host-trust/
exec 3<&-

# /usr can be changed inside, as far as its owners let it, and the host's stays as it is.
mount -t overlay -o "userxattr,lowerdir=/usr,upperdir=$root/.usr/upper,workdir=$root/.usr/work" overlay usr 2>/dev/null ||
  { mount --rbind /usr usr && read_only "$root/usr"; }
for top in /bin /sbin /lib /lib32 /lib64 /libx32; do
  if [[ -L $top ]]; then
    cp -dP "$top" ".$top"
  elif [[ -d $top ]]; then
    mkdir ".$top"
    mount --rbind "$top" ".$top"
    read_only "$root$top"
  fi
done

for path in ssl/certs ssl/openssl.cnf pki/ca-trust pki/tls/certs pki/tls/cert.pem pki/tls/openssl.cnf crypto-policies \
  ca-certificates ca-certificates.conf alternatives ld.so.cache ld.so.conf ld.so.conf.d localtime timezone \
  mime.types services protocols os-release debian_version profile; do
  [[ -e /etc/$path ]] || continue
  if [[ $path == */* ]]; then mkdir -p "etc/${path%/*}"; fi
  # One unreadable file of the host is no reason not to boot.
  cp -dR "/etc/$path" "etc/$path" 2>/dev/null || true
done
printf 'root:x:0:0:root:/home/machine:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n' >etc/passwd
printf 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' >etc/group
printf '127.0.0.1 localhost %s\n::1 ip6-localhost ip6-loopback\n' "$MACHINE_HOSTNAME" >etc/hosts
printf '%s\n' "$MACHINE_HOSTNAME" >etc/hostname
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >etc/nsswitch.conf
# No resolver can be reached from here: names are looked up by the proxy, on the host.
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >etc/resolv.conf

for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o size=256m,mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
ln -s /proc/self/mounts etc/mtab

mount -t proc -o nosuid,nodev,noexec proc proc
for path in acpi asound bus driver fs irq scsi sys sysrq-trigger; do
  [[ -e proc/$path ]] || continue
  mount --bind "proc/$path" "proc/$path"
  read_only "$root/proc/$path"
done

mkdir .host
pivot_root . .host
cd /
umount -l /.host
rmdir /.host

printf '%s\n' "$host_pid"
exec >/dev/null 2>&1
# Commands join this second user namespace: root in it owns files and processes, but not the mounts above.
# Bash reaps whatever it inherits.
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --user --map-root-user \
  bash -c 'while read -r _; do :; done' machine-init
