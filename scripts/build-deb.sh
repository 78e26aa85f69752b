#!/bin/bash
# build-deb.sh BINARY [DIRECTORY] : packages BINARY, sockstated or sockstated-bpf, for Debian; DIRECTORY, by default the
# present one, gets NAME_VERSION_ARCHITECTURE.deb, the name of which is printed.
#
# Reads REVISION, of the package (1); DEBFULLNAME and DEBEMAIL, who packages it; DEB_BUILD_OPTIONS, of which
# nostrip is known; SOURCE_DATE_EPOCH, else the time of the last commit counts, so that a commit and a binary
# always give the same package.
set -euo pipefail
binary=$(realpath "$1")
directory=$(realpath "${2:-.}")
cd "$(dirname "$0")/.."
name=$(basename "$binary")
files=packaging/debian
[ "$name" = sockstated ] || files=packaging/debian/$name

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
version=$("$binary" --version | awk '{ print $2 }')-${REVISION:-1}
architecture=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-sockstated maintainers} <${DEBEMAIL:-maintainers@sockstated.example}>"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
umask 022
strip=1
case " ${DEB_BUILD_OPTIONS:-} " in *" nostrip "*) strip=0 ;; esac
if [ "$name" = sockstated ]; then
  PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/usr/lib/systemd/system DESTDIR=$root STRIP=$strip \
    ZSHDIR=/usr/share/zsh/vendor-completions scripts/install.sh "$binary" >/dev/null
else
  PREFIX=/usr UNITDIR=/usr/lib/systemd/system DESTDIR=$root STRIP=$strip scripts/install-bpf.sh "$binary" >/dev/null
fi

doc=$root/usr/share/doc/$name
install -d "$doc" "$root/DEBIAN"
install -m 644 "$files/copyright" "$doc"
gzip -9 -n -c CHANGELOG.md >"$doc/changelog.gz"
gzip -9 -n >"$doc/changelog.Debian.gz" <<CHANGELOG
$name ($version) unstable; urgency=medium

  * Packaged from upstream's sources; changelog.gz says what is new.

 -- $maintainer  $(date -R --utc --date="@$SOURCE_DATE_EPOCH")
CHANGELOG

# The libraries' packages and versions, as dpkg knows them. What no package has, which is Swift's runtime in a
# debug build, is left out.
depends() {
  if ! command -v dpkg-shlibdeps >/dev/null; then
    echo "dpkg-dev is not installed; the dependencies are those of Debian 12" >&2
    case $name in
      sockstated) echo "libc6, libcrypt1, libgcc-s1, libmnl0, libstdc++6, libyaml-0-2, zlib1g" ;;
      *) echo "libbpf1, libc6, libgcc-s1, libmnl0, libstdc++6" ;;
    esac
    return
  fi
  mkdir -p "$work/source/debian"
  printf 'Source: sockstated\n\nPackage: %s\nArchitecture: any\n' "$name" >"$work/source/debian/control"
  if ! (cd "$work/source" && dpkg-shlibdeps -O --ignore-missing-info "$root/usr/bin/$name" \
    >"$work/depends" 2>"$work/warnings"); then
    cat "$work/warnings" >&2
    return 1
  fi
  sed -n 's/^shlibs:Depends=//p' "$work/depends"
}
dependencies=$(depends)
size=$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f 1)
sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@MAINTAINER@|$maintainer|" \
  -e "s|@SIZE@|$size|; s|@DEPENDS@|$dependencies|" "$files/control.in" >"$root/DEBIAN/control"
[ ! -e "$files/conffiles" ] || install -m 644 "$files/conffiles" "$root/DEBIAN"
install -m 755 "$files"/{postinst,prerm,postrm} "$root/DEBIAN"
(cd "$root" && find . -path ./DEBIAN -prune -o -path ./etc -prune -o -type f -printf '%P\n' | sort \
  | xargs -d '\n' md5sum) >"$root/DEBIAN/md5sums"

package=$directory/${name}_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
