#!/bin/sh
# rootfs.sh: root file systems of unmodified Debian 12 packages for arm64.
#     rootfs.sh tree DIR PACKAGE...         a folder with the packages, what they depend on, and the configuration they need
#     rootfs.sh cpio FILE TREE              that folder as an archive (newc), everything root's
#     rootfs.sh image FILE SIZE TREE        that folder as an ext4 file system of SIZE (K, M, G)
#     rootfs.sh base                        the image of the default set, made once; prints its path
#     rootfs.sh disk [--fresh] [--packages "PACKAGE..."]   the user's disk, a copy of it, made once and kept; prints its path
#     rootfs.sh add IMAGE PACKAGE...        the packages that an image has not, with what they depend on
#     rootfs.sh put IMAGE TREE              everything of a folder into an image
#     rootfs.sh recover IMAGE                replays the journal of one that was not unmounted
#     rootfs.sh applets TREE                a link for each of busybox's commands that TREE has not
# @SET among PACKAGES: those of a line of tools/rootfs/packages.  apt downloads from the machine's own Debian archive and
# checks (tools/apt.sh); nothing is installed on this machine, nothing needs root.  The packages' scripts cannot run here;
# what they would have done that matters is in tools/rootfs/alternatives, tools/rootfs/files and configure() below.
set -eu
umask 022
top=$(cd "$(dirname "$0")/.." && pwd)
parts=$top/tools/rootfs
cache=$top/.cache/arm64
. "$top/tools/apt.sh"

fail() {
    echo "rootfs: $*" >&2
    exit 2
}

say() {
    echo "rootfs: $*" >&2
}

# e2fsprogs lives where only root looks.
PATH=$PATH:/usr/sbin:/sbin

need() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "$tool is missing (./tessera installs what tools/packages lists)"
    done
}

# private_apt: APT_CONFIG is the one for arm64, its package lists a week old at most.
private_apt() {
    need apt-get dpkg-deb
    [ -r "$keyring" ] || fail "no $keyring (package debian-archive-keyring)"
    mkdir -p "$cache"
    apt_sources deb "$cache/sources.list" || fail "no Debian 12 source among this machine's apt sources"
    apt_private "$cache" "$cache/sources.list" arm64
    export APT_CONFIG="$cache/apt.conf"
    [ -z "$(find "$cache/updated" -mtime -7 2>/dev/null)" ] || return 0
    update_lists
}

update_lists() {
    say "fetching Debian's package lists for arm64"
    timeout 300 apt-get -q update >"$cache/log" 2>&1 || {
        tail -n 3 "$cache/log" >&2
        fail "apt cannot fetch the package lists: check the network and apt's sources"
    }
    touch "$cache/updated"
}

# expand WORD...: the words, @SET replaced by its packages.
expand() {
    for word in "$@"; do
        case $word in
        @*)
            packages=$(sed -n "s/^${word#@}: *//p" "$parts/packages")
            [ "$packages" ] || fail "no set ${word#@} in tools/rootfs/packages"
            echo "$packages"
            ;;
        *[!a-z0-9.+-]* | '') fail "$word is no name of a package" ;;
        *) echo "$word" ;;
        esac
    done
}

# download PACKAGE...: prints the .deb files of the packages and of what they depend on.
download() {
    private_apt
    wanted=$(expand "$@")
    # shellcheck disable=SC2086 # one argument a package
    apt-get -s -q --no-install-recommends install $wanted >"$work/plan" 2>"$cache/log" || {
        sed -n 's/^E: //p' "$cache/log" >&2
        fail "apt cannot resolve: $(echo $wanted)"
    }
    say "downloading $(grep -c '^Inst' "$work/plan") packages (what is in the cache is not fetched again)"
    # shellcheck disable=SC2086
    timeout 1800 apt-get -q -y -d --no-install-recommends install $wanted >"$cache/log" 2>&1 ||
        { update_lists && timeout 1800 apt-get -q -y -d --no-install-recommends install $wanted >"$cache/log" 2>&1; } || {
        sed -n 's/^E: //p' "$cache/log" >&2
        fail "apt cannot download: check the network"
    }
    ! grep -q 'cannot be authenticated' "$cache/log" || fail "a package is not authenticated"
    # "Inst NAME (VERSION ARCHIVE [ARCHITECTURE])"; a colon in a file's name is written %3a.
    sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) [^[]*\[\([a-z0-9]*\)\].*/\1_\2_\3.deb/p' "$work/plan" |
        sed "s/:/%3a/g; s|^|$cache/archives/|"
}

# register DEB TREE: enters the package into the tree's dpkg database, as installed.
register() {
    info=$2/var/lib/dpkg/info
    mkdir -p "$info"
    dpkg-deb -f "$1" >"$work/control"
    name=$(sed -n 's/^Package: //p' "$work/control")
    ! grep -q '^Multi-Arch: same' "$work/control" || name=$name:arm64
    sed '/^Package:/a Status: install ok installed' "$work/control" >>"$2/var/lib/dpkg/status"
    echo >>"$2/var/lib/dpkg/status"
    sed 's|^[^ ]* *[^ ]* *[^ ]* *[^ ]* *[^ ]* \./||; s| -> .*||; s|/$||; s|^|/|; s|^/$|/.|' "$work/listing" >"$info/$name.list"
    rm -rf "$work/control.d"
    dpkg-deb -e "$1" "$work/control.d"
    for file in "$work/control.d"/*; do
        [ "${file##*/}" = control ] || cp "$file" "$info/$name.${file##*/}"
    done
}

# unpack DEB TREE: its files, its entry in the database, and in TREE.owners what is not root's (PATH UID GID) or has bits
# that an unpacker without root may drop (PATH MODE).
unpack() {
    dpkg-deb --fsys-tarfile "$1" >"$work/tar"
    tar -tv --numeric-owner -f "$work/tar" >"$work/listing"
    tar -x --keep-directory-symlink --no-same-owner -p -C "$2" -f "$work/tar"
    awk '$2 != "0/0" || $1 ~ /[sStT]/ {
            path = $0; sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ \./, "", path); sub(/ -> .*/, "", path); sub(/.\/$/, "&", path)
            if (substr($1, 1, 1) == "l") next
            mode = 0
            for (i = 2; i <= 10; i++) {
                c = substr($1, i, 1)
                if (c != "-" && c != "S" && c != "T") mode += 2 ^ (10 - i)
                if (c ~ /[sS]/) mode += i == 4 ? 2048 : 1024
                if (c ~ /[tT]/) mode += 512
            }
            split($2, id, "/")
            sub(/\/$/, "", path)
            printf "%s\t%d\t%d\t%o\n", path, id[1], id[2], mode
        }' "$work/listing" >>"$2.owners"
    register "$1" "$2"
}

# link_alternatives TREE: the links of tools/rootfs/alternatives that are not there.
link_alternatives() {
    while read -r link targets; do
        case $link in '#'* | '') continue ;; esac
        [ ! -e "$1$link" ] && [ ! -L "$1$link" ] || continue
        for target in $targets; do
            if [ -e "$1$target" ]; then
                ln -s "$target" "$1$link"
                break
            fi
        done
    done <"$parts/alternatives"
}

# configure TREE: what the scripts of the packages would have done, as far as programs notice.
configure() {
    for pair in base-passwd/passwd.master:etc/passwd base-passwd/group.master:etc/group base-files/profile:etc/profile \
        base-files/motd:etc/motd base-files/nsswitch.conf:etc/nsswitch.conf base-files/dot.profile:root/.profile \
        readline/inputrc:etc/inputrc debianutils/shells:etc/shells; do
        from=$1/usr/share/${pair%:*} to=$1/${pair#*:}
        [ ! -f "$from" ] || [ -e "$to" ] || install -D -m 644 "$from" "$to"
    done
    if [ ! -f "$1/etc/shadow" ] && [ -f "$1/etc/passwd" ]; then
        awk -F: '{ print $1 ":*:19000:0:99999:7:::" }' "$1/etc/passwd" >"$1/etc/shadow"
        chmod 640 "$1/etc/shadow"
        printf '/etc/shadow\t0\t42\t640\n' >>"$1.owners"
    fi
    # What pam-auth-update would write: the passwords of /etc/shadow; root needs none.
    for part in auth account password session session-noninteractive; do
        [ -d "$1/etc/pam.d" ] || break
        case $part in
        session-noninteractive) rule='session required pam_unix.so' ;;
        auth) rule=$(printf 'auth sufficient pam_rootok.so\nauth required pam_unix.so nullok') ;;
        *) rule="$part required pam_unix.so" ;;
        esac
        [ -e "$1/etc/pam.d/common-$part" ] || echo "$rule" >"$1/etc/pam.d/common-$part"
    done
    cp -R "$parts/files/." "$1/"
    ln -sf ../proc/self/mounts "$1/etc/mtab"
    mkdir -p "$1/dev" "$1/proc" "$1/sys" "$1/run" "$1/tmp" "$1/root" "$1/home" "$1/mnt" "$1/var/tmp"
    chmod 1777 "$1/tmp" "$1/var/tmp"
    chmod 700 "$1/root"
    link_alternatives "$1"
}

# tree DIR PACKAGE...
tree() {
    dir=$1
    shift
    download "$@" >"$work/debs"
    rm -rf "$dir" "$dir.owners"
    # Debian 12 has these merged; the packages still name the old folders.
    mkdir -p "$dir/usr/bin" "$dir/usr/sbin" "$dir/usr/lib" "$dir/var/lib/dpkg"
    for part in bin sbin lib; do
        ln -s usr/$part "$dir/$part"
    done
    : >"$dir.owners"
    number=0 total=$(wc -l <"$work/debs")
    while read -r deb; do
        number=$((number + 1))
        [ ! -t 2 ] || printf '\rrootfs: unpacking %d of %d ' "$number" "$total" >&2
        unpack "$deb" "$dir"
    done <"$work/debs"
    [ ! -t 2 ] || echo >&2
    : >"$dir/var/lib/dpkg/available"
    configure "$dir"
}

# applets TREE: busybox holds the names of its commands as one sorted run of strings that begins with "[" and "[[".
applets() {
    need strings
    busybox=$(cd "$1" && ls bin/busybox usr/bin/busybox 2>/dev/null | head -n 1)
    [ "$busybox" ] || fail "no busybox in $1"
    mkdir -p "$1/bin" "$1/sbin"
    LC_ALL=C strings -n 1 "$1/$busybox" | LC_ALL=C awk '
        !run && $0 == "[[" && last == "[" { run = 1; print "[" }
        run && $0 <= last { exit }
        run
        { last = $0 }' | while read -r applet; do
        [ -e "$1/bin/$applet" ] || [ -L "$1/bin/$applet" ] || [ -e "$1/sbin/$applet" ] || ln -s busybox "$1/bin/$applet"
    done
}

cpio_archive() {
    need cpio
    file=$(realpath "$1")
    (cd "$2" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$file.new"
    mv "$file.new" "$file"
}

# quoted PATH: as debugfs reads it.
quoted() {
    case $1 in
    *\"*) printf '"%s"' "$(printf '%s' "$1" | sed 's/"/""/g')" ;;
    *) printf '"%s"' "$1" ;;
    esac
}

# owners TREE: debugfs commands that give files their owners and modes: those of the packages, root for the rest.
owners() {
    if [ "$(id -u)" != 0 ] || [ "$(id -g)" != 0 ]; then
        (cd "$1" && find . -mindepth 1) | sed 's/"/""/g; s|^\.\(.*\)|sif "\1" uid 0\nsif "\1" gid 0|'
    fi
    [ ! -f "$1.owners" ] || awk -F'\t' -v tree="$1" '
        # the folder merged into /usr: the link would be meant otherwise
        { sub(/^\/(bin|sbin|lib)\//, "/usr&", $1); if ($1 == "") $1 = "/" }
        { last[$1] = $0; uid[$1] = $2; gid[$1] = $3; mode[$1] = $4 }
        END {
            for (p in last) {
                kind = system("test -d \"" tree p "\"") == 0 ? "04" : "010"
                printf "sif \"%s\" uid %d\nsif \"%s\" gid %d\nsif \"%s\" mode %s%04d\n", p, uid[p], p, gid[p], p, kind, mode[p]
            }
        }' OFS='\t' "$1.owners"
}

# debugfs_run IMAGE COMMANDS: status 1, with the reasons, if one of the commands failed.
debugfs_run() {
    debugfs -w -f "$2" "$1" >"$work/debugfs" 2>&1 || return 1
    ! grep -vE '^debugfs( [0-9]|:)|^Allocated inode|^ *$' "$work/debugfs" | head -n 5 | grep . >&2
}

# Features of the file system: what Linux and servers/fs_ext4 both write; a journal, extents, no checksums of metadata.
features=none,has_journal,ext_attr,resize_inode,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize

image() {
    need mke2fs debugfs
    rm -f "$1.new"
    truncate -s "$2" "$1.new" || fail "$2 is no size"
    mke2fs -q -t ext4 -O "$features" -b 4096 -I 256 -J size=16 -m 0 -L tessera -E root_owner=0:0,lazy_itable_init=0 \
        -d "$3" "$1.new" >&2 || fail "mke2fs failed: is $2 too small for $3?"
    owners "$3" >"$work/commands"
    debugfs_run "$1.new" "$work/commands" || fail "debugfs failed on $1"
    mv "$1.new" "$1"
}

# put IMAGE TREE: existing files are replaced, folders kept.
put() {
    need debugfs e2fsck
    recover "$1"
    (cd "$2" && find . -mindepth 1 -printf '%m %p\n' | LC_ALL=C sort -k 2) >"$work/paths"
    while IFS= read -r line; do
        mode=${line%% *} path=${line#* .}
        case $path in *[[:cntrl:]]*) fail "the name of $2$path cannot be written" ;; esac
        q=$(quoted "$path")
        if [ -L "$2$path" ]; then
            echo "symlink $q $(quoted "$(readlink "$2$path")")"
        elif [ -d "$2$path" ]; then
            echo "mkdir $q"
            echo "sif $q mode $(printf 04%04d "$mode")"
        elif [ -f "$2$path" ]; then
            echo "write $(quoted "$2$path") $q"
        fi
    done <"$work/paths" >"$work/wishes"
    # What is there already: a folder stays, anything else makes room.
    sed -n 's/^\(mkdir\|symlink\) \("[^"]*\(""[^"]*\)*"\).*/stat \2/p; s/^write "[^"]*\(""[^"]*\)*" /stat /p' "$work/wishes" >"$work/commands"
    debugfs -f "$work/commands" "$1" >"$work/there" 2>&1 || fail "$1 cannot be read"
    awk '
        FNR == NR {
            if ($0 ~ /^debugfs: stat /) { path = substr($0, 15) }
            else if (match($0, /Type: [a-z]+/)) type[path] = substr($0, RSTART + 6, RLENGTH - 6)
            next
        }
        {
            rest = $0
            if ($1 == "write") sub(/^write "([^"]|"")*" /, "", rest)
            else { sub(/^[a-z]+ /, "", rest); match(rest, /^"([^"]|"")*"/); rest = substr(rest, 1, RLENGTH) }
            if (($1 == "mkdir" || $1 == "sif") && (rest in type)) next
            if ((rest in type) && type[rest] == "directory") next
            if (rest in type) print "rm " rest
            print
        }' "$work/there" "$work/wishes" >"$work/commands"
    owners "$2" >>"$work/commands"
    debugfs_run "$1" "$work/commands" || fail "not everything could be written to $1 (is it full?)"
}

# recover IMAGE: replays the journal of a file system that was not unmounted.
recover() {
    status=0
    e2fsck -p "$1" >"$work/fsck" 2>&1 || status=$?
    [ "$status" -lt 4 ] || {
        cat "$work/fsck" >&2
        fail "the file system in $1 is damaged; /sbin/e2fsck -f $1 repairs it"
    }
}

# key: changes with anything the base image is made from.
key() {
    (cd "$top/tools" && cat rootfs.sh apt.sh && cd rootfs && find . -type f | LC_ALL=C sort | xargs cat) | cksum
}

# base: the image of the default set.
base() {
    if [ "$(cat "$cache/base.key" 2>/dev/null)" != "$(key)" ] || [ ! -f "$cache/base.img" ]; then
        say "making the root file system (once)"
        tree "$cache/base" @default
        say "writing it into an image"
        image "$cache/base.img" 1G "$cache/base"
        key >"$cache/base.key"
    fi
    echo "$cache/base.img"
}

# add IMAGE PACKAGE...: the packages that the image has not, with what they depend on.
add() {
    disk_image=$1
    shift
    recover "$disk_image"
    debugfs -R 'cat /var/lib/dpkg/status' "$disk_image" 2>/dev/null >"$work/status"
    sed -n 's/^Package: //p' "$work/status" | LC_ALL=C sort >"$work/have"
    missing=$(expand "$@" | tr ' ' '\n' | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$work/have")
    [ "$missing" ] || return 0
    say "adding" $missing
    # shellcheck disable=SC2086
    download $missing >"$work/debs"
    rm -rf "$cache/add" "$cache/add.owners"
    mkdir -p "$cache/add/usr/bin" "$cache/add/usr/sbin" "$cache/add/usr/lib" "$cache/add/var/lib/dpkg"
    for part in bin sbin lib; do
        ln -s usr/$part "$cache/add/$part"
    done
    : >"$cache/add.owners"
    cp "$work/status" "$cache/add/var/lib/dpkg/status"
    while read -r deb; do
        name=${deb##*/}
        ! grep -qxF "${name%%_*}" "$work/have" || continue
        unpack "$deb" "$cache/add"
    done <"$work/debs"
    link_alternatives "$cache/add"
    rm "$cache/add/bin" "$cache/add/sbin" "$cache/add/lib"
    # The database last: what an interrupted run left out is added by the next.
    rm -rf "$work/database"
    mkdir -p "$work/database/var/lib/dpkg"
    mv "$cache/add/var/lib/dpkg/status" "$work/database/var/lib/dpkg"
    put "$disk_image" "$cache/add"
    put "$disk_image" "$work/database"
}

# disk [--fresh] [--packages "..."]
disk() {
    fresh= extra=
    while [ $# -gt 0 ]; do
        case $1 in
        --fresh) fresh=1 ;;
        --packages)
            [ $# -ge 2 ] || fail "--packages needs a value"
            extra="$extra $2"
            shift
            ;;
        *) fail "unknown option $1" ;;
        esac
        shift
    done
    mkdir -p "$top/disks"
    disk=$top/disks/devbox.img
    if [ "$fresh" ] || [ ! -f "$disk" ]; then
        made=$(base)
        cp --sparse=always --reflink=auto "$made" "$disk.new"
        mv "$disk.new" "$disk"
    fi
    # shellcheck disable=SC2086 # one argument a package
    [ -z "$extra" ] || add "$disk" $extra
    echo "$disk"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
command=${1:-}
[ $# -eq 0 ] || shift
# One at a time: apt's lists and archives, and the base image, are shared.
case $command in
tree | base | disk | add)
    mkdir -p "$cache"
    exec 8>"$cache/lock"
    flock 8
    ;;
esac
case $command:$# in
tree:[2-9] | tree:[1-9][0-9]*) tree "$@" ;;
cpio:2) cpio_archive "$@" ;;
image:3) image "$@" ;;
base:0) base ;;
disk:*) disk "$@" ;;
put:2) put "$@" ;;
recover:1) recover "$@" ;;
add:[2-9] | add:[1-9][0-9]*) add "$@" ;;
applets:1) applets "$@" ;;
*)
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d' >&2
    exit 2
    ;;
esac
