#!/bin/sh
# fetch-source.sh PACKAGE [FOLDER...]: unpacks the Debian source package PACKAGE into .cache/source and prints the folder's path.
# linux-source-VERSION is a binary package that holds an archive of the source; of it only the FOLDERs are unpacked.
# The source comes from the machine's own Debian archive: apt itself lists the machine's sources (sources.list and deb822
# files alike), those of Debian are written as deb-src entries into a private configuration, and apt checks signatures and
# sums against the Debian archive keyring.  Nothing of the system's configuration changes; no root needed.
# When the machine's own release does not deliver it (mirrors do lose files), the next release of the same archive is
# asked.  tools/sources names the versions of each package that were tested; another one is used with a warning.
# Exit status: 0 done (or done before); 3 the source cannot be had here.
set -eu

package=${1:?usage: fetch-source.sh PACKAGE [FOLDER...]}
shift
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$top/.cache/source
. "$top/tools/apt.sh"

cannot() {
    echo "fetch-source: $package: $*" >&2
    exit 3
}

tested=$(awk -v p="$package" '$1 == p { sub(/^[^ ]+ +/, ""); print }' "$top/tools/sources")
[ -n "$tested" ] || cannot "not listed in tools/sources"

# "done" is written last, so an interrupted run is repeated.
if [ -f "$dir/$package.done" ]; then
    echo "$dir/$package"
    exit 0
fi
for tool in apt-get apt-config dpkg-source; do
    command -v "$tool" >/dev/null || cannot "$tool is missing (packages apt, dpkg-dev)"
done
[ -r "$keyring" ] || cannot "no $keyring (package debian-archive-keyring)"

mkdir -p "$dir"
work=$(mktemp -d "$dir/$package.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

type=deb-src
[ "${package#linux-source-}" = "$package" ] || type=deb
apt_sources $type "$work/own.list" || cannot "no Debian 12 source among this machine's apt sources"
awk '$4 ~ /^(bookworm|oldstable|stable)$/ { $4 = "trixie"; print }' "$work/own.list" >"$work/next.list"

# fetch LIST [FOLDER...]: downloads and unpacks the package from the sources in LIST into a folder of that name; if the archive
# has lost Debian's part of it, the upstream part alone.
fetch() {
    home=$work/$1
    apt_private "$home" "$home.list" "$(dpkg --print-architecture)"
    shift
    (
        export APT_CONFIG="$home/apt.conf"
        cd "$home"
        timeout 300 apt-get -qq update || true # one source of several may fail; what counts is the download
        if [ $type = deb ]; then
            timeout 600 apt-get -qq download "$package" || exit 1
            mkdir "$package-files"
            for folder; do
                echo "$package/$folder"
            done >folders
            dpkg-deb --fsys-tarfile "$package"_*.deb | tar -xO "./usr/src/$package.tar.xz" |
                tar -xJ --strip-components=1 -C "$package-files" -T folders
            exit
        fi
        timeout 300 apt-get -qq --only-source source "$package" || {
            rm -rf "$package"*
            timeout 300 apt-get -qq --only-source --tar-only source "$package"
            mkdir "$package-upstream"
            tar -x --strip-components=1 -C "$package-upstream" -f "$package"_*.orig.tar.*
        }
    ) >"$work/log" 2>&1 || return 1
    if grep -qiE 'cannot be authenticated|unauthenticated' "$work/log"; then
        cannot "the source is not authenticated"
    fi
}

echo "fetch-source: fetching the source of $package (once)" >&2
from=own
fetch own "$@" || {
    from=next
    fetch next "$@"
} || {
    grep -E '^(E|W|Err):?' "$work/log" | tail -n 3 >&2
    cannot "apt cannot download the source"
}
tree=$(find "$work/$from" -maxdepth 1 -type d -name "$package-*" | head -n 1)
[ -n "$tree" ] || cannot "apt delivered no source folder"
served=$(find "$work/$from" -maxdepth 1 -name "${package}_*" |
    sed -n 's/.*_\(.*\)\.orig\.tar\..*/\1/p; s/.*_\(.*\)-.*_all\.deb$/\1/p' | head -n 1)
case " $tested " in
*" $served "*) ;;
*) echo "fetch-source: warning: $package $served is served; tested: $tested (tools/sources)" >&2 ;;
esac
rm -rf "${dir:?}/$package"
mv "$tree" "$dir/$package"
echo "$served" >"$dir/$package.done"
echo "$dir/$package"
