#!/bin/bash
# test-kernels.sh BINARY [LOADER] : runs BINARY, and LOADER (sockstated-bpf), on Debian's kernels, in emulated machines.
#
# Tests/Kernels/init has what is looked at. KERNELS are name patterns of packages, of which the newest of each is
# taken; MEMORY is the guest's, in MiB. Packages are unpacked below
# .build-kernels, and not installed. The table in docs/kernels.md is written anew. Ends with 1 if something that should hold on a kernel does not.
set -euo pipefail
binary=$(realpath "$1")
loader=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/sbin:/sbin
sources=$PWD/Tests/Kernels
kernels=(${KERNELS:-^linux-image-6\\.1\\.0-[0-9]+-cloud-amd64\$ ^linux-image-6\\.12\\..*-cloud-amd64\$})
modules=(tcp_diag mptcp_diag sch_netem vrf tls)

if [ "$(uname -m)" != x86_64 ]; then
  echo "Skipped: the kernels are those of x86-64." >&2
  exit 0
fi
if ! command -v qemu-system-x86_64 >/dev/null || ! command -v busybox >/dev/null \
  || ldd "$(command -v busybox)" >/dev/null 2>&1; then
  echo "Skipped: it takes qemu-system-x86 and busybox-static." >&2
  exit 0
fi
work=$PWD/.build-kernels
mkdir -p "$work"

# unpack PACKAGE : its kernel as an ELF file, since the guest would take longer to unpack it, and its modules.
unpack() {
  [ ! -e vmlinux ] || return 0
  apt-get download -qq -o APT::Sandbox::User=root "$1" || return 1
  dpkg -x ./*.deb package
  python3 - package/boot/vmlinuz-* <<'PY'
import struct, subprocess, sys

image = open(sys.argv[1], "rb").read()
# The boot protocol (Documentation/arch/x86/boot.rst): setup_sects, payload_offset, payload_length.
start = ((image[0x1F1] or 4) + 1) * 512 + struct.unpack_from("<I", image, 0x248)[0]
payload = image[start : start + struct.unpack_from("<I", image, 0x24C)[0]]
unpackers = {
    b"\x28\xb5\x2f\xfd": ["zstd", "-dcq"],
    b"\xfd7zX": ["xz", "-dcq", "--single-stream"],
    b"\x02\x21\x4c\x18": ["lz4", "-dcq"],
    b"\x1f\x8b\x08\x00": ["gzip", "-dcq"],
}
# Some complain of the length that follows the payload.
kernel = subprocess.run(unpackers[payload[:4]], input=payload, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
assert kernel.stdout.startswith(b"\x7fELF"), "no kernel in the image"
open("vmlinux", "wb").write(kernel.stdout)
PY
  depmod -b package "$(basename package/lib/modules/*)"
}

# install PROGRAM [PATH] : into the guest, with the libraries that it is linked to.
install_program() {
  install -D "$1" "root${2:-/usr/bin/$(basename "$1")}"
  ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
    [ -e "root$library" ] || install -D "$(realpath "$library")" "root$library"
  done
}

# The guest's root: the programs, and the modules that the kernel asks for by itself.
root() {
  local version module file
  version=$(basename package/lib/modules/*)
  rm -rf root
  mkdir -p root/{bin,sbin,dev,proc,sys,tmp,run,etc,usr/bin,usr/sbin} root/lib/modules/"$version"
  gcc -O2 -Wall -Wextra -Werror -static -o root/bin/tcp "$sources/tcp.c"
  install_program "$binary" /usr/bin/sockstated
  [ -z "$loader" ] || install_program "$loader" /usr/bin/sockstated-bpf
  for program in ss tc ip setpriv; do install_program "$(command -v $program)"; done
  strip root/usr/bin/sockstated*
  cp "$(command -v busybox)" root/bin/
  ln -s busybox root/bin/sh
  ln -s /bin/busybox root/sbin/modprobe
  printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >root/etc/passwd
  cp package/lib/modules/"$version"/modules.{order,builtin,builtin.modinfo} root/lib/modules/"$version"/
  for module in "${modules[@]}"; do
    modprobe -d package -S "$version" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" { print $2 }' || true
  done | sort -u | while read -r file; do
    local target=root/lib/${file#*/lib/}
    mkdir -p "$(dirname "$target")"
    case $file in
    *.xz) xz -dc "$file" >"${target%.xz}" ;;
    *.zst) zstd -dcq "$file" >"${target%.zst}" ;;
    *) cp "$file" "$target" ;;
    esac
  done
  depmod -b root "$version"
  install "$sources/init" root/init
  (cd root && find . | busybox cpio -o -H newc 2>/dev/null) >initramfs.cpio
}

# Guests whose kernel fell before anything was looked at say nothing of the program: they are booted again, twice.
# One thread for both processors: with two, a kernel that writes over its own code (static keys) falls now and then,
# since the emulator still runs what was there, and costs no less time.
boot() {
  for _ in 1 2 3; do
    rm -f console
    timeout "${TIMEOUT:-600}" qemu-system-x86_64 -machine pc -accel tcg,thread=single -cpu qemu64 -smp 2 \
      -m "${MEMORY:-512}" -nodefaults -display none -no-reboot -serial file:console -kernel vmlinux \
      -initrd initramfs.cpio -append "console=ttyS0 quiet panic=-1 panic_on_oops=1 mitigations=off" || true
    tr -d '\r' <console >results
    grep -aqE '^(holds|lacks|FAILED)' results && return
    echo "  The kernel fell before anything was looked at:"
    tail -30 results
  done
}

apt-cache search --names-only "^linux-image-" | grep -q . || apt-get update -qq || true
status=0
reports=()
for kernel in "${kernels[@]}"; do
  package=$(apt-cache search --names-only "$kernel" | awk '{ print $1 }' | grep -v unsigned | sort -V | tail -1)
  if [ -z "$package" ]; then
    echo "Skipped: apt knows no package $kernel." >&2
    continue
  fi
  mkdir -p "$work/$package"
  cd "$work/$package"
  echo "$package"
  if ! unpack "$package"; then
    echo "Skipped: $package cannot be fetched." >&2
    continue
  fi
  root
  SECONDS=0
  boot
  grep -aE '^(holds|lacks|FAILED|verdict|log:)' results | sed 's/^/  /' || true
  echo "  $SECONDS s"
  grep -aq $'^verdict\tholds' results || status=1
  grep -aq '^verdict' results && reports+=("$PWD/results") || echo "  It ended without a verdict."
done
cd "$work/.."
[ ${#reports[@]} -lt 2 ] || scripts/kernels-table.py docs/kernels.md "${reports[@]}"
exit $status
