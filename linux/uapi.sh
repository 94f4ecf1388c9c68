#!/bin/sh
# uapi.sh DIR: a folder with links to the kernel's headers for programs, and nothing of the C library's.  Prints its name.
set -eu
headers=$(dpkg -L linux-libc-dev-arm64-cross | sed -n 's|/asm/unistd\.h$||p')
[ -d "$headers" ] || {
    echo "uapi.sh: no kernel headers for arm64 (package linux-libc-dev-arm64-cross)" >&2
    exit 1
}
mkdir -p "$1"
for folder in linux asm asm-generic; do
    ln -sfn "$headers/$folder" "$1/$folder"
done
echo "$1"
