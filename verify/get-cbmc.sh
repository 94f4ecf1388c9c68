#!/bin/sh
# get-cbmc.sh: makes .cache/cbmc/bin/cbmc, the bounded model checker CBMC 6.6 of Debian 13 (trixie), on a Debian 12
# machine, without touching the system: its packages are downloaded by apt with a private configuration derived from the
# machine's own Debian source (suite replaced by trixie), authenticated by apt with the Debian archive keyring, unpacked
# into .cache/cbmc, and started through the C library that comes with them.  No root needed.
# Exit status: 0 it is there and works; 3 it cannot be had here (no network, no source, foreign machine).
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
dir=$top/.cache/cbmc
bin=$dir/bin/cbmc
version=6.6
packages="cbmc libc6 libstdc++6 libgcc-s1 minisat"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

works() {
    [ -x "$bin" ] && case "$("$bin" --version 2>/dev/null)" in "$version"*) true ;; *) false ;; esac
}

cannot() {
    echo "get-cbmc: $*" >&2
    exit 3
}

works && exit 0
for tool in apt-get apt-config dpkg-deb; do
    command -v "$tool" >/dev/null || cannot "$tool is missing"
done
[ -r "$keyring" ] || cannot "no $keyring (package debian-archive-keyring)"

# The machine's own Debian archive: works for sources.list and deb822 files alike.  Suites with a dash are the security,
# updates and backports archives.
site_of() {
    apt-get indextargets "$@" --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 ~ /^(bookworm|stable|oldstable|trixie)$/ { print $1; exit }'
}
site=$(site_of)
[ -n "$site" ] || site=$(site_of --no-release-info) # no package lists fetched yet
[ -n "$site" ] || cannot "no Debian 12 source among this machine's apt sources"

rm -rf "$dir"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$dir/root" "$dir/bin"
trap 'rm -rf "$dir/apt"' EXIT
echo "deb [signed-by=$keyring] $site trixie main" >"$dir/apt/sources.list"
: >"$dir/apt/status"
{
    # How the machine reaches its archive (proxies, time-outs, date checks) and nothing else of its configuration.
    apt-config dump | grep '^Acquire::' || true
    cat <<END
APT::Architecture "$(dpkg --print-architecture)";
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$dir/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$dir/apt";
Dir::State::Lists "$dir/apt/lists";
Dir::State::Status "$dir/apt/status";
Dir::Cache "$dir/apt";
Dir::Cache::Archives "$dir/apt/archives";
END
} >"$dir/apt/apt.conf"

echo "get-cbmc: fetching CBMC $version (25 MB, once)" >&2
(
    export APT_CONFIG="$dir/apt/apt.conf"
    cd "$dir/apt"
    timeout 300 apt-get -qq update && timeout 300 apt-get -qq download $packages
) >"$dir/log" 2>&1 || {
    tail -n 3 "$dir/log" >&2
    cannot "the packages cannot be downloaded"
}
# apt refuses unauthenticated indexes and warns about unauthenticated packages; neither may have happened.
grep -qi 'cannot be authenticated' "$dir/log" && cannot "the packages are not authenticated"
for deb in "$dir"/apt/*.deb; do
    dpkg-deb -x "$deb" "$dir/root"
done

loader=$(cd "$dir/root" && find . -name "ld-linux-*.so.*" -type f | sed "s,^\./,," | head -n 1)
libc=$(cd "$dir/root" && find . -name libc.so.6 | sed 's,^\./,,;s,/[^/]*$,,' | head -n 1)
[ -n "$loader" ] && [ -n "$libc" ] || cannot "the packages hold no C library"
cat >"$bin" <<END
#!/bin/sh
root=\$(dirname "\$0")/../root
exec "\$root/$loader" --library-path "\$root/$libc:\$root/usr/lib" --argv0 cbmc "\$root/usr/bin/cbmc" "\$@"
END
chmod +x "$bin"
works || cannot "CBMC $version does not run here"
