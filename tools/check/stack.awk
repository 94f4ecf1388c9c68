# Worst-case stack of a kernel from its disassembly (objdump -d --no-show-raw-insn).
# A function is what its first instruction leads to within its symbol; its frame is the sum of what these instructions
# take from sp.  bl is a call; a jump to another symbol is a tail call, whose caller's frame is gone (or assembly, which
# has none), and where it lands is a function too.
# Variables: limit, bytes; allow, "caller:callee ...": the known targets of indirect calls.
# Prints the deepest path; fails on recursion, unknown indirect calls, variable frames and when the limit is passed.
function bad(text) {
    print "FAIL " text
    failed = 1
}
function number(text) {
    return text ~ /^0x/ ? hex(substr(text, 3)) : text + 0
}
function hex(text,    i, v) {
    for (i = 1; i <= length(text); i++) v = v * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    return v
}
function edge(f, kind, to) {
    if (!((f, kind, to) in have)) {
        have[f, kind, to] = 1
        edges[f] = edges[f] " " kind to
        if (!(to in frame)) { frame[to] = 0; todo[++todos] = to }
    }
}
# The name of an address: symbol, or symbol+offset.
function name(a) {
    return a == start[symbol[a]] ? symbol[a] : symbol[a] "+" a
}
# Walk function f from its first instruction.
function walk(f, first,    stack, n, a, o, r, t, size) {
    split("", walked)
    stack[n = 1] = first
    while (n) {
        a = stack[n--]
        while (a in op && !(a in walked)) {
            walked[a] = 1
            o = op[a]
            r = operands[a]
            if (o == "sub" && r ~ /^sp, sp, #/) {
                size = r
                sub(/^sp, sp, #/, "", size)
                sub(/,.*/, "", size)
                frame[f] += number(size) * (r ~ /lsl #12/ ? 4096 : 1)
            } else if (o == "sub" && r ~ /^sp,/) {
                bad(f ": a frame of variable size: " o " " r)
            } else if (r ~ /\[sp, #-[0-9]+\]!/) {
                size = r
                sub(/.*\[sp, #-/, "", size)
                sub(/\]!.*/, "", size)
                frame[f] += size + 0
            } else if (o == "blr") {
                if (!(f in indirect)) bad(f ": indirect call: " o " " r)
                else edge(f, "c", indirect[f])
            } else if (o == "br") {
                bad(f ": indirect jump: " o " " r)
            }
            if (a in target) {
                t = target[a]
                if (!(t in op)) bad(f " goes to " t ", which is not in the kernel")
                else if (o == "bl") edge(f, "c", name(t))
                else if (symbol[t] != symbol[a]) edge(f, "t", name(t))
                else stack[++n] = t
            }
            if (o ~ /^(b|br|ret|eret|brk|udf)$/) break
            # A call may be one that does not return; what follows then belongs to somebody else.
            if (symbol[after[a]] != symbol[a] && (o == "bl" || o == "nop")) break
            if (symbol[after[a]] != symbol[a]) {
                if (after[a] in op) edge(f, "t", name(after[a]))
                break
            }
            a = after[a]
        }
    }
}
# Depth below and with f; deepest[f] = next on the path.
function depth(f,    i, n, part, d, best, to) {
    if (f in known) return known[f]
    if (f in busy) return 0 # a circle of tail calls takes no stack; recursion is looked for elsewhere
    busy[f] = 1
    n = split(edges[f], part, " ")
    best = frame[f]
    for (i = 1; i <= n; i++) {
        to = substr(part[i], 2)
        d = depth(to) + (part[i] ~ /^c/ ? frame[f] : 0)
        if (d > best) { best = d; deepest[f] = to }
    }
    delete busy[f]
    known[f] = best
    return best
}
# Can to be reached from at?
function reaches(at, to,    i, n, part) {
    if (at == to) return 1
    if (at in seen) return 0
    seen[at] = 1
    n = split(edges[at], part, " ")
    for (i = 1; i <= n; i++) if (reaches(substr(part[i], 2), to)) return 1
    return 0
}
# Recursion: a call whose target leads back to the caller.
function check_edges(f,    i, n, part, to) {
    n = split(edges[f], part, " ")
    for (i = 1; i <= n; i++) {
        to = substr(part[i], 2)
        split("", seen)
        if (part[i] ~ /^c/ && reaches(to, f)) bad("recursion: " f " calls " to ", which leads back to it")
    }
}
BEGIN {
    n = split(allow, list, " ")
    for (i = 1; i <= n; i++) { split(list[i], pair, ":"); indirect[pair[1]] = pair[2] }
}
/^[0-9a-f]+ <.*>:$/ {
    f = $2
    gsub(/[<>:]/, "", f)
    sub(/\.cold(\.[0-9]+)?$/, "", f) # what the compiler moved out of a function stays part of it
    if (!(f in start)) { start[f] = $1; functions++ }
    next
}
/^ *[0-9a-f]+:\t/ {
    a = $1
    sub(/:/, "", a)
    rest = $0
    sub(/^[^\t]*\t[^\t]*\t?/, "", rest)
    op[a] = $2
    operands[a] = rest
    symbol[a] = f
    if (last != "") after[last] = a
    last = a
    if ($2 ~ /^(bl|b|b\..*|cbn?z|tbn?z)$/ && rest ~ /<.*>/) {
        sub(/ <.*/, "", rest)
        sub(/.*[ ,]/, "", rest)
        target[a] = rest
    }
}
END {
    for (f in start) if (!(f in frame)) { frame[f] = 0; todo[++todos] = f }
    for (i = 1; i <= todos; i++) {
        f = todo[i]
        at = f
        if (f in start) at = start[f]
        else sub(/.*\+/, "", at)
        walk(f, at)
    }
    for (f in frame) {
        check_edges(f)
        d = depth(f)
        if (d > worst) { worst = d; first = f }
    }
    if (functions < 50) bad("only " functions + 0 " functions found")
    printf "worst case %d bytes, limit %d, in %d functions:\n", worst, limit, functions
    for (f = first; f != ""; f = deepest[f]) printf "    %5d %s\n", frame[f], f
    if (worst > limit) bad("the limit is passed")
    exit failed
}
