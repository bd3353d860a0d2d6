#!/usr/bin/env bash
# Turns the fresh namespaces of `unshare` into a machine and stays as its first process.
# Inputs: MACHINE_ROOT (an empty folder to mount the root on), MACHINE_HOME, MACHINE_HOSTNAME, ROOT_SIZE;
# arguments: pairs of a file of the host and its place inside. Writes its own process id, as the host
# counts, when the machine is ready. Ends, and the machine with it, when its stdin does.
set -euo pipefail

# The /proc in sight is still the host's, so this is the host's number for this process.
read -r host_pid _ </proc/self/stat
root=$MACHINE_ROOT

hostname "$MACHINE_HOSTNAME"
ip link set lo up
# Root inside will not own the network namespace either, and must still serve on ports such as 80.
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || true

mount -t tmpfs -o "size=$ROOT_SIZE,mode=755,nodev" tmpfs "$root"
cd "$root"
mkdir -p usr etc/ssl dev/pts dev/shm proc run tmp var/tmp var/log var/cache var/lib opt srv mnt root home/machine \
  .usr/upper .usr/work
chmod 1777 tmp var/tmp
chmod 700 root

# /usr can be changed inside, as on a real machine, and the host's stays as it is.
mount -t overlay -o "userxattr,lowerdir=/usr,upperdir=$root/.usr/upper,workdir=$root/.usr/work" overlay usr 2>/dev/null ||
  { mount --rbind /usr usr && mount -o remount,bind,ro usr; }
for top in /bin /sbin /lib /lib32 /lib64 /libx32; do
  if [[ -L $top ]]; then
    cp -dP "$top" ".$top"
  elif [[ -d $top ]]; then
    mkdir ".$top"
    mount --rbind "$top" ".$top"
    mount -o remount,bind,ro ".$top"
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

while (($# >= 2)); do
  mkdir -p ".${2%/*}"
  cp -RL "$1" ".$2" || true
  shift 2
done

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
# For a daemon that runs as root these would be the host's own switches.
for path in acpi asound bus driver fs irq scsi sys sysrq-trigger; do
  [[ -e proc/$path ]] || continue
  mount --bind "proc/$path" "proc/$path"
  mount -o remount,bind,ro,nosuid,nodev,noexec "proc/$path"
done

mount --bind "$MACHINE_HOME" home/machine

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
