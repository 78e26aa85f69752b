#!/bin/bash
# image-root.sh BINARY DIRECTORY : makes the root of the image of BINARY: it, what ldd names, a user, the configuration.
#
# Needs root, for the capabilities of the file. They are permitted and not effective (`=p`): a program whose file has
# `=ep` does not start where the container may not have them all. BINARY makes effective what it gets of them; the last
# three are for `--namespaces=all`.
set -euo pipefail
binary=$(realpath "$1")
root=$2
cd "$(dirname "$0")/.."

rm -rf "$root"
umask 022
mkdir -p "$root"/{usr/bin,usr/lib,usr/lib64,etc/sockstated,proc,sys,run,tmp}
chmod 1777 "$root/tmp"
# As Debian 12 has them.
for directory in bin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
install -m 755 "$binary" "$root/usr/bin/sockstated"
strip "$root/usr/bin/sockstated"
while read -r library; do
  install -D -m 755 "$(realpath "$library")" "$root$library"
done < <(ldd "$binary" | grep -o '/[^ ]*')
printf 'root:x:0:0::/:/sbin/nologin\nnobody:x:65534:65534::/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
install -m 644 config/sockstated.yaml "$root/etc/sockstated/sockstated.yaml"
install -D -m 644 LICENSE "$root/usr/share/doc/sockstated/LICENSE"
PATH=$PATH:/usr/sbin:/sbin setcap \
  cap_dac_read_search,cap_sys_ptrace,cap_sys_admin,cap_net_admin,cap_net_broadcast=p "$root/usr/bin/sockstated"
