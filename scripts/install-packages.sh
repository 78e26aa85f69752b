#!/bin/bash
# install-packages.sh SET... : installs what is missing of the sets `build`, `test`, `node`, `tmux`, `wrk`,
# `browser`, `pngquant`, `bench`, `package`, `lintian`, `image`, `rpm` and `kernels`.
#
# Every need is looked for itself before its package is asked for, so that nothing happens where all is
# there, whatever the distribution calls it. Packages are asked of apt; elsewhere the missing ones are named.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

missing=()
library() { pkg-config --exists "$1" 2>/dev/null || missing+=("$2"); }
program() { command -v "$1" >/dev/null || missing+=("$2"); }

for set in "$@"; do
  case $set in
    build)
      if ! command -v swift >/dev/null; then
        echo "There is no swift on the PATH. Install Swift 6.2 or newer: https://www.swift.org/install/linux/" >&2
        exit 1
      fi
      program pkg-config pkg-config
      library libmnl libmnl-dev
      library yaml-0.1 libyaml-dev
      library libcrypt libcrypt-dev
      library zlib zlib1g-dev
      # Without it sockstated-bpf is not built, and all else is.
      if ! pkg-config --exists libbpf 2>/dev/null; then
        if apt-cache show libbpf-dev >/dev/null 2>&1; then
          missing+=(libbpf-dev)
        else
          echo "libbpf's headers are missing (libbpf-dev): sockstated-bpf is not built." >&2
        fi
      fi
      ;;
    test)
      program ip iproute2
      program ss iproute2
      program nft nftables
      program curl curl
      program python3 python3
      program openssl openssl
      ;;
    node) program node nodejs ;;
    tmux) program tmux tmux ;;
    wrk) program wrk wrk ;;
    browser)
      if ! command -v chromium chromium-browser google-chrome >/dev/null; then
        # Ubuntu's package only installs a snap, which runs in no container.
        if grep -qx ID=ubuntu /etc/os-release 2>/dev/null; then
          echo "Ubuntu has no package of chromium; without one on the PATH the tests of the page are skipped." >&2
        else
          missing+=(chromium)
        fi
      fi
      ;;
    pngquant) program pngquant pngquant ;;
    bench)
      program cc gcc
      program ip iproute2
      program ss iproute2
      program python3 python3
      ;;
    package)
      program python3 python3
      program strip binutils
      program gzip gzip
      ;;
    lintian) program lintian lintian ;;
    rpm)
      program rpmbuild rpm
      program rpm2cpio rpm2cpio
      ;;
    kernels)
      program qemu-system-x86_64 qemu-system-x86
      # Linked to no library: the guest has only what its programs need.
      if ! command -v busybox >/dev/null || ldd "$(command -v busybox)" >/dev/null 2>&1; then
        missing+=(busybox-static)
      fi
      program depmod kmod
      program setpriv util-linux
      program ip iproute2
      program python3 python3
      program gcc gcc
      program xz xz-utils
      program zstd zstd
      program lz4 lz4
      ;;
    image)
      program buildah buildah
      program podman podman
      program runc runc
      program setcap libcap2-bin
      program strip binutils
      program curl curl
      ;;
    *)
      echo "usage: $0 [build] [test] [node] [tmux] [wrk] [browser] [pngquant] [bench] [package] [lintian] [image] [rpm] [kernels]" >&2
      exit 2
      ;;
  esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
if ! command -v apt-get >/dev/null; then
  echo "Missing, and there is no apt here to install it: ${missing[*]} (Debian's names)." >&2
  echo "Install these with your system's package manager, then run make again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
