# Worst-case stack of a kernel from its disassembly (objdump -d --no-show-raw-insn).
# A function's frame is the sum of what its instructions take from sp; calls are bl; a jump b to the first instruction
# of another function is a tail call, whose caller's frame is gone.  Variables: limit, bytes; allow, "caller:callee ..."
# the known targets of indirect calls.  Prints the deepest path; fails on recursion, unknown indirect calls, variable
# frames and when the limit is passed.
function bad(text) {
    print "FAIL " text
    failed = 1
}
function number(text) {
    sub(/^#/, "", text)
    if (text ~ /^-/) return -number(substr(text, 2))
    return text ~ /^0x/ ? hex(substr(text, 3)) : text + 0
}
function hex(text,    i, v) {
    for (i = 1; i <= length(text); i++) v = v * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    return v
}
# Functions that the compiler split stay one function: their parts share a frame.
function whole(name) {
    sub(/\.cold(\.[0-9]+)?$/, "", name)
    return name
}
# Depth below and with f; calls nest, tail calls replace.  Returns the bytes; deepest[f] = next on the path.
function depth(f,    i, n, part, d, best, to, kind) {
    if (f in known) return known[f]
    if (f in busy) return -1
    busy[f] = 1
    n = split(edges[f], part, " ")
    best = frame[f]
    for (i = 1; i <= n; i++) {
        kind = substr(part[i], 1, 1)
        to = substr(part[i], 2)
        if (!(to in frame)) { bad(f " calls " to ", which is not in the kernel"); continue }
        d = depth(to)
        if (d < 0) {
            # A circle of tail calls alone takes no stack; one with a call in it is recursion.
            if (kind == "c" || calls_on_circle(to, f)) bad("recursion: " f " -> " to)
            continue
        }
        if (kind == "c") d += frame[f]
        if (d > best) { best = d; deepest[f] = to }
    }
    delete busy[f]
    known[f] = best
    return best
}
# f was reached from to; is any step on the way a call?  Conservative: any call edge from a busy function to a busy one.
function calls_on_circle(to, f,    g, i, n, part) {
    for (g in busy) {
        n = split(edges[g], part, " ")
        for (i = 1; i <= n; i++)
            if (substr(part[i], 1, 1) == "c" && (substr(part[i], 2) in busy)) return 1
    }
    return 0
}
BEGIN {
    n = split(allow, list, " ")
    for (i = 1; i <= n; i++) { split(list[i], pair, ":"); indirect[pair[1]] = indirect[pair[1]] " c" pair[2] }
}
/^[0-9a-f]+ <.*>:$/ {
    f = $2
    gsub(/[<>:]/, "", f)
    f = whole(f)
    if (!(f in frame)) { frame[f] = 0; functions++ }
    next
}
/^ *[0-9a-f]+:\t/ {
    op = $2
    rest = $0
    sub(/^[^\t]*\t[^\t]*\t?/, "", rest)
    if (op == "sub" && rest ~ /^sp, sp, #/) {
        split(rest, a, /, */)
        size = number(a[3])
        if (rest ~ /lsl #12/) size *= 4096
        frame[f] += size
    } else if (op == "sub" && rest ~ /^sp,/) {
        bad(f ": a frame of variable size: " op " " rest)
    } else if (rest ~ /\[sp, #-[0-9]+\]!/) {
        size = rest
        sub(/.*\[sp, #-/, "", size)
        sub(/\]!.*/, "", size)
        frame[f] += size + 0
    } else if (op == "blr") {
        if (f in indirect) edges[f] = edges[f] indirect[f]
        else bad(f ": indirect call: " op " " rest)
    } else if (op == "br") {
        if (!(f in jumps)) bad(f ": indirect jump: " op " " rest)
    } else if (op ~ /^(bl|b|b\..*|cbn?z|tbn?z)$/ && rest ~ /<.*>/) {
        to = rest
        sub(/.*</, "", to)
        sub(/>.*/, "", to)
        inside = to ~ /\+0x/
        sub(/\+0x.*/, "", to)
        to = whole(to)
        if (to != f || op == "bl") {
            kind = op == "bl" || inside ? "c" : "t"
            if (!((f, kind, to) in have)) { have[f, kind, to] = 1; edges[f] = edges[f] " " kind to }
        }
    }
}
END {
    for (f in frame) {
        d = depth(f)
        if (d > worst) { worst = d; first = f }
    }
    if (functions < 50) bad("only " functions + 0 " functions found")
    printf "worst case %d bytes, limit %d, in %d functions:\n", worst, limit, functions
    for (f = first; f != ""; f = deepest[f]) printf "    %5d %s\n", frame[f], f
    if (worst > limit) bad("the limit is passed")
    exit failed
}
