#!/bin/bash
# boot-systemd.sh DIRECTORY : boots this machine's own systemd in namespaces, over a copy-on-write view of /.
#
# Prints "init PID" (as seen from outside) once the system runs; enter it with
#   nsenter --target PID --mount --pid --net --uts --ipc --cgroup COMMAND
# and end it by closing standard input. Nothing outside DIRECTORY, an empty one, is written, and nothing is left:
# neither processes, nor mounts, nor cgroups.
set -euo pipefail
directory=$(realpath "$1")

# The rest of the script is also the first process of the new system, before it becomes systemd.
if [ "${2:-}" = inside ]; then
  tmpfs=$directory/tmpfs root=$directory/tmpfs/root
  mkdir "$tmpfs"
  mount -t tmpfs -o size=1g,mode=755 tmpfs "$tmpfs"
  mkdir "$tmpfs/upper" "$tmpfs/work" "$root"
  mount -t overlay -o "lowerdir=/,upperdir=$tmpfs/upper,workdir=$tmpfs/work" overlay "$root"

  # A guest that could write the parameters of the kernel would write those of the host.
  mount -t proc proc "$root/proc"
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro "$root/proc/sys"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

  # Nodes of its own: PrivateDevices= copies them, and cannot copy those that are bind mounts.
  mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
  for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    read -r name major minor <<<"$node"
    mknod -m 666 "$root/dev/$name" c "$major" "$minor"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

  # What is enabled on this machine stays out: the target pulls in what every service needs and no more.
  units=$root/etc/systemd/system
  : >"$root/etc/machine-id"
  : >"$root/etc/fstab"
  cat >"$units/sockstated-test.target" <<'TARGET'
[Unit]
Description=What the tests of sockstated boot
Requires=basic.target
After=basic.target
AllowIsolate=yes
TARGET
  # What would touch the host, or needs devices.
  for unit in systemd-{sysctl,remount-fs,modules-load,update-utmp,tmpfiles-setup-dev,udevd}.service \
    {dev-hugepages,dev-mqueue,sys-kernel-debug,sys-kernel-tracing,sys-kernel-config,sys-fs-fuse-connections}.mount \
    systemd-journald-audit.socket; do
    ln -sf /dev/null "$units/$unit"
  done
  mkdir -p "$root/etc/systemd/journald.conf.d"
  printf '[Journal]\nStorage=volatile\nAudit=no\n' >"$root/etc/systemd/journald.conf.d/test.conf"
  # Images of containers forbid packages to start services; this one is a system.
  rm -f "$root/usr/sbin/policy-rc.d"

  ip link set lo up
  mkdir "$root/outside"
  cd "$root"
  pivot_root . outside
  umount -l /outside
  rmdir /outside
  mount --make-rshared /
  for systemd in /usr/lib/systemd/systemd /lib/systemd/systemd; do
    [ ! -x $systemd ] || exec env -i container=sockstated-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      $systemd --system --unit=sockstated-test.target --log-target=journal --show-status=0 \
      </dev/null >/dev/null 2>&1
  done
  echo "systemd is not installed" >&2
  exit 1
fi

[ "$(id -u)" -eq 0 ] || { echo "it takes root to boot systemd" >&2; exit 1; }

# systemd wants a cgroup of its own, in the second version's hierarchy.
hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ -z "$hierarchy" ]; then
  hierarchy=$directory/cgroup
  mkdir "$hierarchy"
  mount -t cgroup2 cgroup2 "$hierarchy"
fi
cgroup=$hierarchy/sockstated-test-$$
mkdir "$cgroup"

clean_up() {
  [ -z "${init:-}" ] || kill -KILL "$init" 2>/dev/null || true
  # The kernel ends the rest of the namespace, and frees its cgroups when the last process is gone.
  for _ in $(seq 200); do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && break
    [ -d "$cgroup" ] || break
    sleep 0.05
  done
  [ "$hierarchy" != "$directory/cgroup" ] || umount "$hierarchy"
}
trap clean_up EXIT

(
  echo "$BASHPID" >"$cgroup/cgroup.procs"
  exec unshare --mount --pid --fork --kill-child --net --uts --ipc --cgroup --propagation private \
    "$BASH" "$0" "$directory" inside </dev/null
) &
unshare=$!
for _ in $(seq 2000); do
  init=$(tr -d ' ' 2>/dev/null <"/proc/$unshare/task/$unshare/children") || break
  [ -z "$init" ] || break
  sleep 0.05
done
[ -n "${init:-}" ] || { echo "no namespaces for systemd" >&2; exit 1; }

enter() { nsenter --target "$init" --mount --pid --net --uts --ipc --cgroup -- "$@"; }
state=
for _ in $(seq 3600); do
  kill -0 "$unshare" 2>/dev/null || break
  state=$(enter systemctl is-system-running 2>/dev/null) || true
  case $state in
    # Degraded: some unit of this machine failed, none that matters here.
    running | degraded)
      echo "init $init"
      cat >/dev/null
      exit 0
      ;;
  esac
  sleep 0.05
done
echo "systemd has not booted: ${state:-it has ended}" >&2
exit 1
