#!/bin/sh
# devbox.sh: the Linux system with a disk of Debian programs, systems/devbox: ./tessera run and ./tessera cp hand over to this.
#     devbox.sh run IMAGE QEMU-FILE [--disk FILE] [--fresh] [--packages "PACKAGE..."] [--timeout S] [options of qemu.sh] [-- COMMAND...]
#         boots IMAGE with the devices of QEMU-FILE, the user's disk as @root@; COMMAND: runs it in place of the shell, prints what
#         it prints and returns its status; 125 if the system ended without telling, 124 when the time limit was hit
#     devbox.sh cp FILE... devbox:/PATH        copies files and folders into the disk, keeping modes; a PATH that is a folder
#         or ends in / gets them inside
#     devbox.sh cp devbox:/PATH... FILE        and out of it
# The disk is disks/devbox.img, made once by tools/rootfs.sh.  Both refuse while it is in use.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
rootfs=$top/tools/rootfs.sh
PATH=$PATH:/usr/sbin:/sbin

fail() {
    echo "tessera: $*" >&2
    exit 2
}

# hold DISK: keeps others away from it until this script ends.
hold() {
    mkdir -p "$(dirname "$1")"
    exec 9>"$1.lock"
    flock -n 9 || fail "$(basename "$1") is in use: end the running devbox first (exit)"
}

quote_word() {
    printf "'%s' " "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# session DISK [COMMAND...]: tells the next start what it is about.
session() {
    target=$1
    shift
    mkdir -p "$work/put/etc/tessera"
    size=$(stty size 2>/dev/null <&1 || stty size 2>/dev/null || echo 0 0)
    echo "TERM=$(quote_word "${TERM:-vt100}")ROWS=${size% *} COLUMNS=${size#* }" >"$work/put/etc/tessera/session"
    for left in command running; do
        debugfs -w -R "rm /etc/tessera/$left" "$target" >/dev/null 2>&1 || true
    done
    if [ $# -gt 0 ]; then
        for word in "$@"; do
            quote_word "$word"
        done >"$work/put/etc/tessera/command"
        echo >>"$work/put/etc/tessera/command"
    fi
    "$rootfs" put "$target" "$work/put"
}

# between_marks: of a console, what the command printed.  The line before the second mark is the mark's own.
between_marks() {
    sed -un -e 's/\r$//' -e '/^tessera: begin$/,/^tessera: status /!d' \
        -e '/^tessera: begin$/{n;s/\r$//;h;d}' -e '/^tessera: status /{x;/./p;d}' -e 'x;p'
}

run() {
    image=$1 devices=$2
    shift 2
    disk= fresh= packages= limit= options=
    while [ $# -gt 0 ]; do
        case $1 in
        --disk | --packages | --timeout | --cpu | --memory | --gic | --machine | --plugin)
            [ $# -ge 2 ] || fail "$1 needs a value"
            ;;
        esac
        case $1 in
        --disk) disk=$2 && shift ;;
        --fresh) fresh=--fresh ;;
        --packages) packages="$packages $2" && shift ;;
        --timeout) limit=$2 && shift ;;
        --plugin) plugin=$2 && shift ;;
        --cpu | --memory | --gic | --machine) options="$options $1 $2" && shift ;;
        --) shift && break ;;
        --*) options="$options $1" ;;
        *) break ;;
        esac
        shift
    done
    # A mistake is told before the disk is made.
    # shellcheck disable=SC2086 # options are several words without blanks in them
    "$top/tools/qemu.sh" "$image" $options --print >/dev/null || exit 2
    if [ -z "$disk" ]; then
        hold "$top/disks/devbox.img"
        disk=$("$rootfs" disk $fresh ${packages:+--packages "$packages"})
    else
        hold "$disk"
    fi
    session "$disk" "$@"
    [ $# -eq 0 ] || limit=${limit:-86400}
    options="$options --options $devices --disk root=$disk${limit:+ --timeout $limit}"
    set -- "$#" ${plugin:+-plugin "$plugin"}
    commands=$1
    shift
    status=0
    if [ "$commands" = 0 ]; then
        # shellcheck disable=SC2086 # options are several words without blanks in them
        "$top/tools/qemu.sh" "$image" $options -- "$@" || status=$?
        exit "$status"
    fi
    # shellcheck disable=SC2086
    { "$top/tools/qemu.sh" "$image" $options -- "$@" || echo $? >"$work/status"; } | tee "$work/console" | between_marks
    [ "$(cat "$work/status" 2>/dev/null)" != 124 ] || exit 124
    status=$(tr -d '\r' <"$work/console" | sed -n 's/^tessera: status \([0-9]*\)$/\1/p' | tail -n 1)
    [ "$status" ] || {
        tail -n 5 "$work/console" >&2
        echo "tessera: the system ended without saying what became of the command; above: its last lines" >&2
        exit 125
    }
    exit "$status"
}

# kind DISK PATH: what PATH is on the disk (regular, directory, symlink), empty if nothing.
kind() {
    debugfs -R "stat \"$2\"" "$1" 2>/dev/null | sed -n 's/.*Type: \([a-z]*\).*/\1/p' | head -n 1
}

cp_in() {
    target=${last#devbox:}
    case $target in /*) ;; *) fail "a path in the devbox begins with /: $last" ;; esac
    case $target in
    */) inside=1 ;;
    *) inside= && [ "$(kind "$disk" "$target")" != directory ] || inside=1 ;;
    esac
    [ $count -le 2 ] || inside=1
    [ "$inside" ] || [ "$(kind "$disk" "$(dirname "$target")")" = directory ] || fail "no folder $(dirname "$target") in the devbox"
    mkdir -p "$work/put/$target"
    [ "$inside" ] || rmdir "$work/put/$target"
    for file in "$@"; do
        [ -e "$file" ] || fail "$file: no such file"
        cp -R --preserve=mode,timestamps "$file" "$work/put/$target"
    done
    "$rootfs" put "$disk" "$work/put"
}

cp_out() {
    [ $count -le 2 ] || [ -d "$last" ] || fail "$last is no folder"
    for file in "$@"; do
        case $file in
        devbox:/*) path=${file#devbox:} ;;
        devbox:*) fail "a path in the devbox begins with /: $file" ;;
        *) fail "either all files are the devbox's or none" ;;
        esac
        name=$(basename "$path") to=$last
        [ ! -d "$last" ] || to=${last%/}/$name
        case $(kind "$disk" "$path") in
        regular) debugfs -R "dump -p \"$path\" \"$to\"" "$disk" >"$work/said" 2>&1 ;;
        directory)
            mkdir -p "$work/out"
            debugfs -R "rdump \"$path\" \"$work/out\"" "$disk" >"$work/said" 2>&1
            cp -R "$work/out/$name" "$to"
            rm -rf "$work/out"
            ;;
        symlink) fail "$path is a symbolic link in the devbox: name what it leads to" ;;
        '') fail "$path: no such file in the devbox" ;;
        *) fail "$path is neither file nor folder" ;;
        esac
        [ -e "$to" ] || fail "$to cannot be written: $(tail -n 1 "$work/said")"
    done
}

copy() {
    count=$#
    for last in "$@"; do :; done
    # All but the last, in order.
    number=0
    for file in "$@"; do
        number=$((number + 1))
        [ $number -eq 1 ] && set --
        [ $number -eq $count ] || set -- "$@" "$file"
    done
    disk=$top/disks/devbox.img
    [ -f "$disk" ] || fail "there is no devbox yet; ./tessera run makes it"
    hold "$disk"
    case $last in
    devbox:*) cp_in "$@" ;;
    *)
        "$rootfs" recover "$disk"
        cp_out "$@"
        ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
plugin=
command=${1:-}
[ $# -eq 0 ] || shift
case $command:$# in
run:[01]) fail "usage: devbox.sh run IMAGE QEMU-FILE [options] [-- COMMAND...]" ;;
run:*) run "$@" ;;
cp:0 | cp:1) fail "usage: ./tessera cp FILE... devbox:/PATH, or devbox:/PATH... FILE" ;;
cp:*) copy "$@" ;;
*) fail "usage: devbox.sh run|cp ..." ;;
esac
