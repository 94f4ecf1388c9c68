#!/bin/bash
# Debian's programs do what they do on Debian: each line is a name, what is expected, and a command; prints "ok NAME" or "FAIL NAME".
# Runs in the devbox, and on any Debian 12 with the packages of tests/linux/devbox.sh.
here=$(cd "$(dirname "$0")" && pwd)
cd "$(mktemp -d)" || exit 1

# is NAME EXPECTED COMMAND: what it prints (both streams) and its status, if that is not 0, are as expected.
is() {
    said=$(eval "$3" 2>&1 </dev/null) && status= || status=" status $?"
    if [ "$said$status" = "$2" ]; then
        echo "ok $1"
    else
        printf 'FAIL %s: "%s"\n' "$1" "$(echo "$said$status" | tail -n 3)"
    fi
}

is shell '6 b' 'x=(a b c); echo $((1+2+3)) ${x[1]}'
is pipeline '3' 'printf "a\nb\nc\n" | sort -r | wc -l'
is substitution 'b' 'diff <(echo a) <(echo a) && cat <(echo b)'
is status ' status 7' 'bash -c "exit 7"'
is signal ' status 143' 'bash -c "kill -TERM \$\$"'
is trap 'caught 0' 'bash -c "trap \"echo -n caught\" USR1; kill -USR1 \$\$; echo \" \$?\""'
is timeout ' status 124' 'timeout 0.1 sleep 5'
is background 'done' 'sleep 0.05 & wait $!; echo done'
is stopped 'T' 'sleep 5 & kill -STOP $!; cut -d" " -f3 /proc/$!/stat; kill -KILL $!'
is segfault ' status 139' 'printf "int main(){return *(volatile int*)0;}" >s.c; tcc s.c -o s; ./s'
is "no program" "bash: line 1: /nothing: No such file or directory status 127" 'bash -c /nothing'
is "no ELF" 'bash: line 1: ./junk: cannot execute binary file: Exec format error status 126' 'printf "\177ELFjunk" >junk; chmod +x junk; bash -c ./junk'
is "other architecture" 'bash: line 1: ./other: cannot execute binary file: Exec format error status 126' 'head -c 64 /bin/true >other; printf "\076" | dd of=other bs=1 seek=18 conv=notrunc status=none; chmod +x other; bash -c ./other'
is truncated '126 126 135 135' 'for n in 60 200 600 60000; do head -c $n /bin/cat >short; chmod +x short; bash -c "./short; exit \$?" >/dev/null 2>&1; echo -n "$? "; done | sed "s/ $//"'
is grep '2' 'printf "one\ntwo\nthree\n" | grep -c "^t"'
is sed 'hullo' 'echo hello | sed s/e/u/'
is gawk '10' 'seq 4 | gawk "{ s += \$1 } END { print s }"'
is tar 'd/b' 'mkdir -p d; echo x >d/b; tar cf t.tar d; rm -r d; tar xf t.tar; find d -type f'
is gzip 'same' 'seq 20000 >s; gzip -k s; gzip -dc s.gz | cmp - s && echo same'
is xz 'same' 'xz -kf s; xz -dc s.xz | cmp - s && echo same'
is find '/etc/passwd' 'find /etc -maxdepth 1 -name passwd'
is links '2 s' 'ln s s2; ln -sf s s3; echo $(stat -c %h s) $(readlink s3)'
is perl '7' 'perl -e "\$p = fork; exit 7 unless \$p; waitpid \$p, 0; print \$? >> 8"'
is lua '6' 'lua5.4 -e "local s = 0 for i = 1, 3 do s = s + i end print(s)"'
is tcc '42' 'printf "#include <stdio.h>\n#include <pthread.h>\nstatic void *f(void *a) { *(int *)a += 1; return 0; }\nint main(void) { int x = 41; pthread_t t; pthread_create(&t, 0, f, &x); pthread_join(t, 0); printf(\"%%d\", x); return 0; }" >h.c; tcc h.c -o h -lpthread; ./h'
is make 'A B' 'printf "all: a b\n\t@cat a b\na:\n\t@printf A\\  >a\nb:\n\t@printf B >b\n" >Makefile; make -s -j4'
is git '2 files' 'git init -q g && cd g && git config user.email a@b && git config user.name n && cp /etc/passwd . && git add . && git commit -qm one && cp /etc/group . && git add . && git commit -qm two && git gc -q && git fsck 2>/dev/null; git clone -q . ../g2 && echo $(ls ../g2 | wc -l) files'
is vim 'bye' 'echo hello >v; vim.tiny -es -c "%s/hello/bye/" -c wq v; cat v'
is sqlite 'wal 2000|2001000 ok' 'echo $(sqlite3 x.db "pragma journal_mode=wal; create table t(a,b); with recursive c(x) as (select 1 union all select x+1 from c where x<2000) insert into t select x, hex(randomblob(20)) from c; select count(*), sum(a) from t; pragma integrity_check;")'
is python '328350' 'python3 -c "import concurrent.futures as c; print(sum(c.ThreadPoolExecutor(4).map(lambda x: x * x, range(100))))"'
is subprocess "b'x\n'" 'python3 -c "import subprocess; print(subprocess.run([\"echo\", \"x\"], capture_output=True).stdout)"'
is multiprocessing '[1, 2]' 'python3 -c "import multiprocessing as m
with m.Pool(2) as p: print(p.map(abs, [-1, -2]))"'
is asyncio '0' 'python3 -c "import asyncio
async def a(): return await (await asyncio.create_subprocess_exec(\"true\")).wait()
print(asyncio.run(a()))"'
is mmap "b'abc'" 'python3 -c "import mmap; m = mmap.mmap(-1, 8192); m[0:3] = b\"abc\"; print(m[0:3])"'
is sockets '21 0' 'python3 $here/sockets.py >said; echo $(grep -c ^ok said) $(grep -vc ^ok said)'
is loopback '14 0' 'python3 $here/inet.py >said; echo $(grep -c ^ok said) $(grep -vc ^ok said)'
is "at a terminal" '21' 'TERM=xterm python3 $here/session.py >said; echo $(grep -c ^ok said) $(grep -v ^ok said)'
is events '0 failures' '$here/event | tail -n 1'
is tracing '0 failures' '$here/ptrace | tail -n 1'
is strace 'exit_group(0) = ?' 'strace true 2>&1 | sed -n "s/  */ /g;/^exit_group/p"'
is "strace -c" '1' 'strace -c -o c true; grep -c " execve$" c'
is "strace -f" '3' 'strace -ff -o f -e trace=execve sh -c "/bin/true; /bin/true"; cat f.* | grep -c "^execve.*= 0$"'
is "strace -p" '+++ exited with 0 +++' 'sleep 0.5 & strace -o p -p $! 2>/dev/null; tail -n 1 p'
is "strace, changed" 'getppid() = 7 (INJECTED)' 'strace -e inject=getppid:retval=7 -e trace=getppid python3 -c "import os; os.getppid()" 2>&1 | sed -n "s/  */ /g;/^getppid/p"'
is gdb '$1 = 3 $2 = 15 exited with code 07' 'printf "int add(int a, int b) { return a + b; }\nint main(void) { return add(3, 4); }\n" >bug.c; tcc -g bug.c -o bug; echo $(gdb -q -batch -ex "break add" -ex run -ex "print a" -ex stepi -ex delete -ex "print add(7, 8)" -ex continue ./bug 2>/dev/null | sed -n "s/.*\(exited with .*\)]/\1/p;/^\\$/p")'
is "gdb attaches" 'main S' 'printf "int main(void) { for (;;) sleep(1); }\n" >w.c; tcc -g -w w.c -o w; ./w & sleep 0.2; echo $(gdb -q -batch -p $! -ex bt 2>/dev/null | sed -n "s/^#.* in \(main\) .*/\1/p" | head -n 1) $(cut -d" " -f3 /proc/$!/stat); kill $!'
is "core files" 'dumped in fails $1 = 4711 in fails in spins' 'printf "#include <pthread.h>\n#include <unistd.h>\nint marker = 4711;\nstatic void *spins(void *a) { for (;;) ++*(volatile long *)a; }\nstatic int fails(int n) { return *(volatile int *)(long)n; }\nint main(void) { pthread_t t; static volatile long x; pthread_create(&t, 0, spins, (void *)&x); while (!x) usleep(1000); return fails(8); }\n" >k.c; tcc -g -w k.c -o k -lpthread; ulimit -c unlimited; echo $({ bash -c ./k; true; } 2>&1 | grep -o dumped; gdb -q -batch -ex "p marker" -ex "info threads" ./k core 2>/dev/null | grep -oE "in (fails|spins)|^.1 = .*")'
is "processor features" 'same' 'python3 -c "
import ctypes
get = ctypes.CDLL(None).getauxval
get.restype = ctypes.c_ulong
names = [l for l in open(\"/proc/cpuinfo\") if l.startswith(\"Features\")][0].split()[2:]
bits = sum(bin(get(n)).count(\"1\") for n in (16, 26))
print(\"same\" if bits == len(names) and \"crc32\" in names else names)"'
is "System V IPC" '0 failures' '$here/sysv | tail -n 1'
is "limits and settings" '0 failures' '$here/limits | tail -n 1'
is "parents and users" '0 failures' '$here/parent | tail -n 1'
is "extended attributes" '0 failures' '$here/xattr | tail -n 1'
is mountinfo '/a/b c /a/b d 2 /a/b//deleted' 'm=/proc/self/mountinfo; mkdir t; mount -t tmpfs none t; cd t; mkdir -p a/b c d; for i in c d; do mount -o bind a/b $i; done; echo $(tail -n 2 $m | gawk "{ sub(\".*/\", \"\", \$5); print \$4, \$5 }"; tail -n 2 $m | cut -d " " -f 1 | uniq | wc -l; rmdir a/b; tail -n 1 $m | cut -d " " -f 4); cd ..; umount t/c t/d t'
is "how files are open" 'lr-x------ l-wx------ lrwx------' 'exec 3</etc/passwd 4>w 5<>w; cd /proc/$BASHPID/fd; echo $(ls -l 3 4 5 | cut -c 1-10); exec 3<&- 4>&- 5<&-'
is ipcs '1 0' 'ipcmk -M 4096 >/dev/null; echo $(ipcs -m | grep -c " 4096 ") $(ipcrm -a; ipcs -m | grep -c " 4096 ")'
is "no leak" none 'python3 $here/leak.py'
is times 'both' 'python3 -c "
import os, time
t = time.time()
while time.time() - t < 0.3: os.stat(\"/etc\")
r = os.times()
print(\"both\" if r.user > 0 and r.system > 0 else r)"'
is ps 'bash' 'ps -o comm= -p $$ | sed s/run.sh/bash/'
is su 'uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)' 'su -s /bin/sh nobody -c id'
is setpriv '1000 0000000000000000' 'setpriv --reuid 1000 --clear-groups sh -c "echo \$(id -u) \$(sed -n s/CapPrm:.//p /proc/self/status)"'
is keepcaps '000001ffffffffff 0000000000000000 1 -1' 'python3 -c "
import ctypes, os
prctl = ctypes.CDLL(None).prctl
prctl(8, 1)
os.setresuid(1, 1, 1)
caps = {line.split()[0]: line.split()[-1] for line in open(\"/proc/self/status\")}
print(caps[\"CapPrm:\"], caps[\"CapEff:\"], prctl(7), prctl(8, 2))"'
is permission 'Permission denied' 'su -s /bin/sh nobody -c "cat /etc/shadow" 2>&1 | sed "s/.*: //"'
is "disk full" 'No space left on device' 'dd if=/dev/zero of=big bs=1M 2>&1 | sed -n "s/.*: //p"; rm big'
is "busy program" 'Text file busy runs' 'cp /bin/sleep z; ./z 1 & sleep 0.2; said=$( (echo x >>z) 2>&1 | sed "s/.*: //"); wait; cp /bin/true z; ./z && echo $said runs'
is "file made through a link" 'b c' 'mkdir -p m/a m/b; ln -s m/b via; echo >via/b; mkdir via/c; rmdir m/a; echo $(ls m/b); rm -r m via'
is "pipe by its link" 'a' 'echo a >/proc/self/fd/1 | cat'
is "unlinked file" 'kept' 'echo kept >u; exec 5<u; rm u; cat <&5'
is "no unimplemented call" '' 'grep -v "socket of family" /proc/tessera/unimplemented 2>/dev/null; true'
