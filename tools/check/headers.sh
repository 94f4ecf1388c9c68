#!/bin/sh
# Every header compiles alone, with the include paths of its folder.  Not those of verify/, which are CBMC's dialect.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
cross="aarch64-linux-gnu-gcc -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -ffreestanding"
gcc_include=$(aarch64-linux-gnu-gcc -print-file-name=include)
user="$cross -nostdinc -isystem /usr/lib/picolibc/aarch64-linux-gnu/include -isystem $gcc_include"
find . \( -path ./build -o -path ./.cache -o -path ./.git -o -path ./verify \) -prune -o -name '*.h' -print | sed 's|^\./||' | {
    passed=0 failed=0
    while read -r file; do
        kernel="$cross -I $(dirname "$file") -I kernel -I abi/include"
        case $file in
        */arch_inline.h) compile="$kernel -include kernel/types.h" ;; # a part of kernel/arch.h
        kernel/*/test/* | tests/*/host/* | lib/*/test/* | drivers/*/test/[A-Z]*.h) continue ;; # stand-ins that replace other headers
        drivers/net_virtio/test/station.h | tests/recovery/slow_gate.h | servers/block_mirror/self.h) continue ;; # behind the header that compose writes for a component
        kernel/loader/*) compile="$kernel" ;;
        kernel/*) compile="$kernel -I kernel/arch/aarch64" ;;
        compose/*) compile="cc -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -I compose -I lib/comp/include -I abi/include -I abi" ;;
        servers/fs_ext4/*) compile="$user -DHAVE_CONFIG_H -isystem $BUILD/servers/fs_ext4/generated -isystem .cache/source/e2fsprogs/lib -isystem $BUILD/servers/fs_ext4/generated/ext2fs" ;;
        tools/*) compile="cc -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -I kernel -I abi/include" ;;
        linux/*) compile="$user -idirafter /usr/aarch64-linux-gnu/include -I lib/tess/include -I lib/comp/include -I lib/ring/include -I lib/recover/include -I lib/virtio/include -I lib/blockdrv/include -I lib/consoledrv/include -I lib/netdrv/include -I lib/plausible/include -I lib/vsock/include -I abi/include -I abi -I $BUILD/tools/bench" ;;
        *) compile="$user -I lib/tess/include -I lib/comp/include -I lib/ring/include -I lib/recover/include -I lib/virtio/include -I lib/blockdrv/include -I lib/consoledrv/include -I lib/netdrv/include -I lib/plausible/include -I lib/vsock/include -I abi/include -I abi -I $BUILD/tools/bench" ;;
        esac
        # An empty file that includes it: compiled on its own, a header would get warnings that only main files get.
        if echo "#include \"$file\"" | $compile -I . -x c - 2>&1; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAIL $file does not compile alone"
        fi
    done
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
