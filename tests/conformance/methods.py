"""Runs test modules of Python's own suite, a verdict for each method: one line NAME VERDICT [...] for each.

    methods.py LIMIT          names from standard input: MODULE/CLASS.METHOD
    methods.py --list MODULE...   prints the names
A module's methods run in one process, as in Python's own runner.  When one takes longer than LIMIT seconds, or the process ends,
it gets the verdict TIMEOUT or SIGNALn, and the rest of the module runs in a new one.
"""
import os
import selectors
import signal
import subprocess
import sys
import unittest


def tests_of(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from tests_of(entry)
        else:
            yield entry


def name_of(test):
    module, _, rest = test.id().partition(".")[2].partition(".")
    return f"{module}/{rest}"


def load(module):
    return unittest.defaultTestLoader.loadTestsFromName("test." + module)


class Verdicts(unittest.TestResult):
    """Says what is begun and what came of it, each as a line of a pipe that no test knows."""

    def __init__(self, stream):
        super().__init__()
        self.out = stream
        self.word = self.detail = None

    def say(self, *words):
        self.out.write(" ".join(words) + "\n")
        self.out.flush()

    def judge(self, word, detail=""):
        if self.word in (None, "PASS"):
            self.word = word
            self.detail = detail

    def startTest(self, test):
        super().startTest(test)
        self.word, self.detail = None, ""
        self.say("begin", name_of(test))

    def stopTest(self, test):
        super().stopTest(test)
        self.say("end", name_of(test), self.word or "PASS", self.detail)

    def last(self, error):
        text = " ".join(str(error[1]).split())
        place = error[2]
        while place and place.tb_next:
            place = place.tb_next
        line = place.tb_lineno if place else 0
        return f"{error[0].__name__}: {text[:100]} (line {line})"

    def addSuccess(self, test):
        self.judge("PASS")

    def addError(self, test, error):
        if not hasattr(test, "_testMethodName"):  # setUpClass, setUpModule: all their methods fail
            self.say("class", test.id(), self.last(error))
            return
        self.judge("ERROR", self.last(error))

    def addFailure(self, test, error):
        self.judge("FAIL", self.last(error))

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.judge("FAIL", self.last(error))

    def addSkip(self, test, reason):
        self.judge("SKIP", reason)

    def addExpectedFailure(self, test, error):
        self.judge("PASS")

    def addUnexpectedSuccess(self, test):
        self.judge("FAIL", "unexpected success")


def child(module, names):
    from test import support

    support.verbose = 0
    support.use_resources = []
    wanted = set(names)
    chosen = [test for test in tests_of(load(module)) if name_of(test) in wanted]
    os.set_inheritable(3, False)
    unittest.TestSuite(chosen).run(Verdicts(os.fdopen(3, "w")))


def module_run(module, names, limit):
    """Runs a child for names; returns those without a verdict."""
    reader, writer = os.pipe()
    command = [sys.executable, __file__, "--child", module, *names]
    process = subprocess.Popen(
        ["/bin/sh", "-c", f'exec 3>&{writer} {writer}>&- "$@"', "sh", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=open("/tmp/methods.errors", "ab"),
        pass_fds=[writer],
        start_new_session=True,
    )
    os.close(writer)
    left, current, ended = list(names), None, False
    chooser = selectors.DefaultSelector()
    chooser.register(reader, selectors.EVENT_READ)
    text = b""
    while not ended:
        if not chooser.select(limit):
            os.killpg(process.pid, signal.SIGKILL)
            if current:
                print(current, "TIMEOUT", flush=True)
                left.remove(current)
                current = None
            break
        data = os.read(reader, 65536)
        ended = not data
        text += data
        *lines, text = text.split(b"\n")
        for line in lines:
            word, name, *rest = line.decode(errors="replace").split(" ", 2)
            if word == "begin":
                current = name
            elif word == "end" and name in left:
                print(name, *rest, flush=True)
                left.remove(name)
                current = None
    os.close(reader)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    status = process.wait()
    if current:
        print(current, f"SIGNAL{-status}" if status < 0 else f"EXIT{status}", flush=True)
        left.remove(current)
    elif len(left) == len(names):
        for name in left:
            print(name, "NOTRUN", flush=True)
        left = []
    return left


def main():
    if sys.argv[1] == "--list":
        for module in sys.argv[2:]:
            for test in tests_of(load(module)):
                print(name_of(test))
    elif sys.argv[1] == "--child":
        child(sys.argv[2], sys.argv[3:])
    else:
        modules = {}
        for name in sys.stdin.read().split():
            modules.setdefault(name.partition("/")[0], []).append(name)
        for module, names in modules.items():
            load(module)  # reads its files, whose disk does not count
            while names:
                names = module_run(module, names, float(sys.argv[1]))


if __name__ == "__main__":
    main()
