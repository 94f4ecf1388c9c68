#!/bin/sh
# Who may include what, by folder:
#     abi <- kernel;   abi, idl <- lib <- {drivers, servers, linux, vmm, tests}
# Nobody outside kernel/ includes kernel/, but verify/ (which proves it), host tests (tests/host, tests/X/host) and tools/ (the archive's format).
# Decided by where each quoted or bracketed name is found, so a name that several folders have counts for all of them.
set -eu
cd "$(dirname "$0")/../.."
tree() {
    find . \( -path ./build -o -path ./.cache -o -path ./.git \) -prune -o -type f \
        \( -name '*.c' -o -name '*.h' -o -name '*.S' -o -name '*.def' \) -print | sed 's|^\./||'
}
tree | xargs -d '\n' grep -H '^[ 	]*#[ 	]*include' |
    sed -n 's/^\([^:]*\):[ \t]*#[ \t]*include[ \t]*[<"]\([^>"]*\)[>"].*/\1 \2/p' | awk -v list="$(tree)" '
    BEGIN {
        n = split(list, path, "\n")
        for (i = 1; i <= n; i++) have[path[i]] = 1
        may["abi"] = "abi"
        may["kernel"] = "abi kernel"
        may["lib"] = "abi idl lib"
        may["drivers"] = "abi idl lib drivers"
        may["servers"] = "abi idl lib servers"
        may["linux"] = "abi idl lib linux"
        may["compose"] = "abi idl lib compose"
        may["systems"] = "abi idl lib systems"
        may["vmm"] = "abi idl lib vmm"
        may["tests"] = "abi idl lib tests tools/bench"
        may["tests/host"] = "abi idl lib tests kernel"
        may["verify"] = "abi kernel lib verify"
        may["tools"] = "abi kernel tools tests/bench"
        may["docs"] = "abi idl lib docs"
        # Where a name is looked for, in this order: beside the file, then the roots that the build passes.
        roots = split("kernel kernel/arch/aarch64 kernel/arch/none abi/include abi lib/tess/include lib/comp/include lib/ring/include lib/recover/include lib/virtio/include lib/blockdrv/include lib/consoledrv/include lib/netdrv/include lib/plausible/include lib/vsock/include verify", root, " ")
    }
    function part_of(path,    p) {
        if (path ~ /^tests\/([a-z]+\/)?host\//) return "tests/host"
        if (path ~ /^[a-z]+\/([a-z0-9_]+\/)*test\//) { p = path; sub(/\/.*/, "", p); return p == "kernel" ? "kernel" : "tests" }
        p = path
        sub(/\/.*/, "", p)
        return p
    }
    function resolve(from, name,    dir, i, p) {
        dir = from
        sub(/[^\/]*$/, "", dir)
        p = dir name
        while (p ~ /\/\.\//) sub(/\/\.\//, "/", p)
        while (p ~ /[^\/]+\/\.\.\//) sub(/[^\/]+\/\.\.\//, "", p)
        if (p in have) return p
        for (i = 1; i <= roots; i++) if ((root[i] "/" name) in have) return root[i] "/" name
        return ""
    }
    function allowed(part, target,    i, n, folder) {
        n = split(may[part], folder, " ")
        for (i = 1; i <= n; i++) if (index(target, folder[i] "/") == 1) return 1
        return 0
    }
    {
        target = resolve($1, $2)
        if (target == "") next
        seen++
        own = $1
        if (sub(/\/test\/.*/, "/", own) && index(target, own) == 1) next # a test and what it tests
        part = part_of($1)
        if (!(part in may)) { print $1 ": no rule for the folder " part; bad = 1; next }
        if (!allowed(part, target) && !(part == "tests" && part_of(target) == "tests")) { print $1 ": includes " target ", which " part "/ may not"; bad = 1 }
    }
    END {
        if (seen < 100) { print "only " seen " includes found: the check does not see the tree"; bad = 1 }
        exit bad
    }'
