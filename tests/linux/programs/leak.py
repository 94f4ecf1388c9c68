"""What a process takes, the personality has back when it is over: the same work again and again must not take more each time.  Prints
"none", or what grew (/proc/tessera/memory).  On a system without that file it does the work only."""
import ctypes
import mmap
import os
import pty
import select
import signal
import socket
import sys
import tempfile
import threading

ROUNDS = 20
FILE = '/proc/tessera/memory'
libc = ctypes.CDLL(None, use_errno=True)


def taken():
    if not os.path.exists(FILE):
        return {}
    words = {}
    with open(FILE) as f:
        for line in f.read().splitlines():
            name, *rest = line.replace(':', '').split()
            if name == 'pages':
                words['other pages'] = int(rest[rest.index('other') + 1])
            elif name == 'kernel':
                words['kernel KiB'] = int(rest[1])
                words['slots'] = int(rest[rest.index('slots') + 1])
            elif name == 'heap':
                words['objects of ' + rest[0]] = int(rest[1])
            else:
                words[name] = int(rest[0])
    return words


def work(folder):
    threads = [threading.Thread(target=lambda: None) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    path = folder + '/file'
    with open(path, 'w+b') as f:
        f.write(b'x' * 20000)
        f.flush()
        m = mmap.mmap(f.fileno(), 0)
        m[4096] = 65
        m.close()
    os.rename(path, path + '2')
    os.unlink(path + '2')
    maps = [mmap.mmap(-1, 1 << 20) for _ in range(8)]
    for m in maps:
        m[:4096] = bytes(4096)
        m.close()
    a, b = socket.socketpair()
    socket.send_fds(a, [b'x'], [0])
    os.close(socket.recv_fds(b, 1, 1)[1][0])
    a.close()
    b.close()
    for family, address in (socket.AF_UNIX, folder + '/socket'), (socket.AF_INET, ('127.0.0.1', 0)):
        s = socket.socket(family)
        s.bind(address)
        s.listen()
        c = socket.socket(family)
        c.connect(s.getsockname())
        d, _ = s.accept()
        c.send(b'abc')
        c.close()
        d.recv(1)
        d.close()
        s.close()
    os.unlink(folder + '/socket')
    r, w = os.pipe()
    p = select.epoll()
    p.register(r, select.EPOLLIN)
    os.write(w, b'x')
    p.poll(0)
    p.close()
    os.close(r)
    os.close(w)
    for fd in libc.eventfd(0, 0), libc.timerfd_create(1, 0), libc.inotify_init(), os.memfd_create('x'):
        os.close(fd)
    m, s = pty.openpty()
    os.write(s, b'x')
    os.close(m)
    os.close(s)
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_REAL, 100)
        os.open('/dev/null', os.O_RDONLY)
        mmap.mmap(-1, 1 << 20)[0:4] = b'abcd'
        os._exit(0)
    os.waitpid(child, 0)
    child = os.fork()
    if child == 0:
        signal.pause()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    child = os.posix_spawn('/bin/true', ['true'], {})
    os.waitpid(child, 0)


def grows(folder, rounds):
    before = taken()
    for _ in range(rounds):
        work(folder)
    after = taken()
    return {k: after[k] - before[k] for k in before if after[k] - before[k] >= rounds // 2}


with tempfile.TemporaryDirectory() as folder:
    grows(folder, 4)
    # Memory for page tables is taken 64 KiB at a time, one piece more when processes happen to overlap: a leak takes more again.
    grown = grows(folder, ROUNDS) and grows(folder, 2 * ROUNDS)
print(grown or 'none')
sys.exit(bool(grown))
