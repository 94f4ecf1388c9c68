"""Programs at a terminal, with keys as a user types them: prints "ok NAME" or "FAIL NAME: what was on the screen"."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

LIMIT = 20  # s, until something is on the screen
CONTROL = r"\x1b\[[?0-9;]*[a-zA-Z]|\x1b[=>]|\x1b[()].|\r|\x0f"  # what moves and colours


class Session:
    """A program on a pseudo-terminal of 24 lines of 80 columns."""

    def __init__(self, *command):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", PS1="$ ", HOME=os.getcwd(), HISTFILE="history")
            os.execvp(command[0], command)
        self.size(24, 80)

    def size(self, lines, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def until(self, pattern):
        """Reads until the pattern has appeared behind what was waited for before; False: it does not."""
        end = time.monotonic() + LIMIT
        while True:
            found = re.search(pattern, self.seen)
            if found:
                self.seen = self.seen[found.end() :]
                return True
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            try:
                text = os.read(self.fd, 4096).decode(errors="replace") if ready else ""
            except OSError:  # the last one has closed it
                text = ""
            if not text:
                return False
            self.seen = re.sub(CONTROL, "", self.seen + text)

    def runs_job(self):
        """Waits until what the shell started has the terminal: keys before that are the shell's."""
        end = time.monotonic() + LIMIT
        while os.tcgetpgrp(self.fd) == self.pid and time.monotonic() < end:
            time.sleep(0.01)

    def ends(self):
        """Its status; None: it goes on."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            ready, _, _ = select.select([self.fd], [], [], 0.05)
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace") if ready else ""
            except OSError:
                pass
        return None


def check(name, is_right, session):
    print(f"ok {name}" if is_right else f"FAIL {name}: {session.seen[-200:]!r}")


def text_of(name):
    try:
        with open(name) as f:
            return f.read()
    except OSError as e:
        return str(e)


def test_shell():
    # Keys wait for the prompt: before it, the terminal would take Ctrl-R and the like for itself.
    s = Session("bash", "--norc", "-i")
    check("a prompt", s.until(r"\$ "), s)
    s.type("echo onn\x1b[D\x7fe\r")  # left, backspace
    check("a line is edited", s.until(r"\noen\n\$ "), s)
    s.type("\x1b[A\r")  # up
    check("the line before", s.until(r"\noen\n\$ "), s)
    s.type("\x12cho o\r")  # search
    check("a former line is found", s.until(r"\noen\n\$ "), s)
    s.type("echo /etc/hostn\t\r")
    check("names are completed", s.until(r"\n/etc/hostname *\n\$ "), s)
    s.type("sleep 100\r")
    s.until(r"sleep 100\n")
    s.runs_job()
    s.type("\x1a")
    check("Ctrl-Z stops a job", s.until(r"Stopped +sleep 100\s+\$ "), s)
    s.type("bg\r")
    check("which goes on in the background", s.until(r"sleep 100 &\n\$ "), s)
    s.type("fg\r")
    s.until(r"fg\nsleep 100\n")
    s.runs_job()
    s.type("\x03")
    check("Ctrl-C ends it", s.until(r"\^C\s+\$ "), s)
    s.type("echo $?\r")
    check("with its status", s.until(r"\n130\n\$ "), s)
    s.size(33, 101)
    s.type("stty size; echo $LINES\r")
    check("the size of the window", s.until(r"\n33 101\n(33\n)?\$ "), s)
    s.type("exit 3\r")
    check("exit", s.ends() == 3, s)


def test_editors():
    s = Session("vim.tiny", "vi")
    s.until("~")
    s.type("ihello\rworld\x1b:%s/world/moon/\rggOfirst\x1b:wq\r")
    check("vim", s.ends() == 0 and text_of("vi") == "first\nhello\nmoon\n", s)
    s = Session("nano", "na")
    s.until(r"\^G")
    s.type("one\rtwo\x1b[A\x01zero \x0f")  # up, to the line's begin; write out
    s.until("File Name")
    s.type("\r")
    s.until("Wrote 2 lines")
    s.type("\x18")
    check("nano", s.ends() == 0 and text_of("na") == "zero one\ntwo\n", s)


def test_pagers():
    with open("numbers", "w") as f:
        f.writelines(f"line {n}\n" for n in range(1000))
    s = Session("less", "numbers")
    check("less", s.until("line 22"), s)
    s.type("/line 777\r")
    check("less looks for a text", s.until("line 777"), s)
    s.type("G")
    check("less at the end", s.until("line 999"), s)
    s.type("q")
    check("less ends", s.ends() == 0, s)


def test_live():
    s = Session("top", "-d", "1")
    check("top", s.until(r"PID.*USER"), s)
    s.type("q")
    check("top ends", s.ends() == 0, s)
    if os.path.exists("/proc/tessera/components"):
        s = Session("tessera", "top", "1")
        check("tessera top", s.until(r"NAME +STATE.*\n(.*\n)*files +running"), s)
        s.type("q")
        check("tessera top ends", s.ends() == 0, s)


test_shell()
test_editors()
test_pagers()
test_live()
