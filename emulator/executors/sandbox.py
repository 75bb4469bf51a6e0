"""The program that a process job runs under: private file system, process table and host names, made with namespaces
(or, for a ``plain`` order, nothing but the care that nothing outlives the job).

Started as ``python -I -S sandbox.py`` by ``process.py`` and standing on the standard library alone (it must be ready in
30 ms, in any Python). Three processes: the *keeper* (this one) listens to the server and outlives nobody; its child is
process 1 of a new pid namespace, builds the view and reaps; its grandchild is the job.

* stdin: the order as one line of JSON, then held open by the server; end of file means that the server died (however:
  parent-death signals follow the *thread* that forked and kill jobs whose starter thread ends), and the job is killed;
* the descriptor ``status`` of the order: an error text, or end of file once the job's program runs;
* SIGTERM is passed to the job; SIGUSR1 kills the whole namespace at once. The exit status is the job's (128 + signal).

The view: a new root on tmpfs with every entry of ``/`` bound into it, so that any target can be made without a trace on
the machine; a folder of the machine in which a target must appear is *opened*: replaced by a tmpfs with its entries
bound back. As an ordinary user all of it happens in a user namespace that maps the user to itself: files keep their
owner, and the job has no more rights than the user.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import stat
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, REMOUNT, BIND, MOVE, REC, PRIVATE = 0x1, 0x20, 0x1000, 0x2000, 0x4000, 0x40000
RELATIME, ST_RELATIME = 1 << 21, 0x1000
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 24, 36
# What Docker leaves to root in a container: chown, dac_override, fsetid, fowner, mknod, net_raw, setgid, setuid,
# setfcap, setpcap, net_bind_service, sys_chroot, kill, audit_write (linux/capability.h).
CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
SETUP_FAILED = 125
VERDICT = 9  # where a plain job's program writes its exit status
REFUSED = "namespaces: "
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)
libc = ctypes.CDLL(None, use_errno=True)


class SetupError(Exception):
    """The job's surroundings could not be made; the text goes to the server."""


def check(result: int, what: str) -> None:
    """Raise :class:`SetupError` for a libc call that returned an error."""
    if result < 0:
        number = ctypes.get_errno()
        raise SetupError(f"{what}: {os.strerror(number)} (errno {number})")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    arguments = (os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), os.fsencode(options))
    check(libc.mount(*arguments), f"mount {kind or source} on {target}")


def enter_namespaces(isolated: bool) -> bool:
    """Leave the machine's namespaces; the next child is process 1. True if that took a user namespace: ordinary users
    need one, and so does a root without the right to mount (in some containers)."""
    flags = NEWNS | NEWPID | NEWUTS | NEWIPC | (NEWNET if isolated else 0)
    uid, gid = os.geteuid(), os.getegid()
    mapped = bool(uid) or libc.unshare(flags) < 0
    if mapped:
        check(libc.unshare(flags | NEWUSER), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    if isolated:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:  # SIOCSIFFLAGS: lo up
            fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", 0x1))
    mount("none", "/", flags=REC | PRIVATE)
    return mapped


class View:
    """The job's file system under construction at ``root``; paths given to methods are those the job will see."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.opened = {"/"}
        mount("tmpfs", root, "tmpfs", options="mode=755")
        self._copy("/", skip={"proc"})
        os.mkdir(self.at("/proc"))

    def at(self, path: str) -> str:
        """Where a path of the view is now."""
        return self.root + path

    def _copy(self, folder: str, skip: set[str] | None = None) -> None:
        """Bind every entry of a folder of the machine into the same folder of the view, which is empty."""
        for entry in os.scandir(folder):
            if entry.name in (skip or ()):
                continue
            inside = self.at(entry.path)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), inside)
            else:
                self._point(inside, entry.is_dir())
                mount(entry.path, inside, flags=BIND | REC)

    def _point(self, inside: str, folder: bool) -> None:
        """Something to mount on."""
        if folder:
            os.makedirs(inside, exist_ok=True)
        elif not os.path.lexists(inside):
            os.close(os.open(inside, os.O_CREAT | os.O_WRONLY, 0o644))

    def prepare(self, path: str, folder: bool = True) -> None:
        """Make a path exist in the view, opening the nearest folder of the machine above it. To be done for all
        targets before anything is mounted on them: opening hides what was mounted below."""
        if path == "/" or os.path.lexists(self.at(path)):
            return
        parent = os.path.dirname(path)
        self.prepare(parent)
        if parent not in self.opened:
            mount("tmpfs", self.at(parent), "tmpfs", options=f"mode={stat.S_IMODE(os.stat(parent).st_mode):o}")
            self.opened.add(parent)
            self._copy(parent)
        self._point(self.at(path), folder)
        if folder:
            self.opened.add(path)

    def bind(self, source: str, path: str, read_only: bool = False) -> None:
        """Show ``source`` at a prepared path. What the mount already forbids must stay forbidden (user namespaces)."""
        inside = self.at(path)
        self._point(inside, os.path.isdir(source))
        mount(source, inside, flags=BIND | REC)
        if read_only:
            held = os.statvfs(inside).f_flag
            kept = held & 0xC0E | (RELATIME if held & ST_RELATIME else 0)  # nosuid nodev noexec noatime nodiratime
            mount("none", inside, flags=REMOUNT | BIND | RDONLY | kept)

    def overlay(self, path: str, scratch: str, mapped: bool) -> bool:
        """Let the job write into a folder without changing it; false where the kernel has no overlay to give."""
        layers = [path, os.path.join(scratch, "upper"), os.path.join(scratch, "work")]
        lower, upper, work = (p.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,") for p in layers)
        options = f"lowerdir={lower},upperdir={upper},workdir={work}" + (",userxattr" if mapped else "")
        for in_memory in (False, True):  # not every file system carries an upper layer (an overlay, NFS): then memory
            with contextlib.suppress(SetupError):
                if in_memory:
                    mount("tmpfs", scratch, "tmpfs")
                for layer in layers[1:]:
                    os.makedirs(layer, exist_ok=True)
                mount("overlay", self.at(path), "overlay", options=options)
                return True
        self.bind(path, path, read_only=True)
        return False

    def enter(self) -> None:
        """Make the view the root. Moving it over ``/`` needs no syscall number, unlike pivot_root."""
        os.chdir(self.root)
        mount(".", "/", flags=MOVE)
        os.chroot(".")
        os.chdir("/")


def build(order: dict[str, Any]) -> None:
    """The view as ordered: ``root``, ``hosts``, ``binds`` [source, target, read only]; ``tmp`` in place of /tmp, the
    folders ``hide`` empty, the folders ``keep`` visible all the same, copy-on-write over the folder ``overlay``."""
    view = View(order["root"])
    view.prepare("/tmp")
    view.bind(order["tmp"], "/tmp")
    view.opened.add("/tmp")
    for path in order["hide"]:
        view.prepare(path)
        mount("tmpfs", view.at(path), "tmpfs", options="mode=755")
        view.opened.add(path)
    keep = [path for path in order["keep"] if not os.path.lexists(view.at(path))]
    binds = sorted(([s, os.path.realpath(t), r] for s, t, r in order["binds"]), key=lambda b: b[1].count("/"))
    binds += [[order["hosts"], os.path.realpath("/etc/hosts"), True]]
    for path in [*keep, *(target for source, target, _ in binds if os.path.isdir(source))]:
        view.prepare(path)
    view.prepare(binds[-1][1], folder=False)
    for path in keep:
        view.bind(path, path)
    if os.path.isdir(view.at("/dev/shm")):
        mount("tmpfs", view.at("/dev/shm"), "tmpfs", options="mode=1777")
    if order["overlay"] and not view.overlay(order["overlay"], order["scratch"], order["mapped"]):
        order["environment"].update(PIP_TARGET="/tmp/site-packages", PYTHONPATH="/tmp/site-packages")
    for source, target, read_only in binds:
        view.bind(source, target, read_only)
    try:
        mount("proc", view.at("/proc"), "proc")
    except SetupError:  # masked by a container around us: the machine's own table is better than none
        mount("/proc", view.at("/proc"), flags=BIND | REC)
    view.enter()


def become(argv: list[str], environment: dict[str, str]) -> NoReturn:
    """Replace this process by a program, in a session of its own, with Python's changes to it undone."""
    for number in (*FORWARDED, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.setsid()
    os.umask(0o022)
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        raise SetupError(f"program {argv[0]!r}: {error.strerror}") from error


def run_job(order: dict[str, Any]) -> NoReturn:
    """The grandchild: drop what a container's root would not have either, and become the job's program."""
    if os.geteuid() == 0:
        for capability in set(range(64)) - CAPABILITIES:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    become(order["argv"], order["environment"])


def run_plain(order: dict[str, Any]) -> NoReturn:
    """The child where there are no namespaces: become the program at once."""
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent-death signal")
    become(order["argv"], order["environment"])


def be_first(order: dict[str, Any]) -> NoReturn:
    """Process 1: build the view, start the job, pass signals on, reap; ends with the job, and all else ends with it."""
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent-death signal")
    socket.sethostname(order["hostname"])
    build(order)
    job = 0

    def forward(number: int, _: object) -> None:
        if job:
            os.kill(job, number)

    for number in FORWARDED:
        signal.signal(number, forward)
    job = os.fork()
    if job == 0:
        attempt(order, run_job)
    os.close(order["status"])
    while True:
        pid, status = os.wait()
        if pid == job:
            os._exit(exit_status(status))


def attempt(order: dict[str, Any], step: Callable[[dict[str, Any]], NoReturn]) -> NoReturn:
    """Run a step of a child; what goes wrong is told to the server."""
    try:
        step(order)
    except (SetupError, OSError) as error:
        os.write(order["status"], str(error).encode())
    os._exit(SETUP_FAILED)


def exit_status(status: int) -> int:
    """A shell's way: the code, or 128 + signal."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def relay(listener: socket.socket, port: int) -> NoReturn:
    """For an isolated job that serves: take connections on the machine's network, hand them over inside."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve(outside: socket.socket) -> None:
        with outside, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as inside:
            back = threading.Thread(target=copy, args=(inside, outside))
            back.start()
            copy(outside, inside)
            back.join()

    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def kill_orphans() -> None:
    """Kill all that the job left; what it had left to itself became ours (subreaper)."""
    while True:
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
                if parent == os.getpid():
                    os.kill(int(entry), signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def keep(first: int, send: Callable[[int, int], None], verdict: int = -1) -> int:
    """The keeper's life: wait for the child, or for the exit status that is written to ``verdict``; ``send`` signals,
    kill at the server's end."""
    awake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    events = select.poll()
    for descriptor in filter(lambda d: d >= 0, (0, awake, verdict)):
        events.register(descriptor, select.POLLIN)
    while True:
        status = reap(first)
        if status is not None:
            return status
        for descriptor, _ in events.poll():
            data = os.read(descriptor, 64)
            if descriptor == awake:
                for number in set(data) - {signal.SIGCHLD}:
                    send(first, signal.SIGKILL if number == signal.SIGUSR1 else number)
            elif descriptor == verdict and data:
                send(first, signal.SIGKILL)
                return int(data)
            elif not data:
                events.unregister(descriptor)
                if descriptor == 0:
                    send(first, signal.SIGKILL)


def reap(first: int) -> int | None:
    """The exit status of the child ``first``, if it ended. Takes all children: a zombie of the namespace that nobody
    reaps (the relay) would hold up process 1's own end."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == first:
                return exit_status(ended[1])
    return None


def main() -> None:
    """Read the order, fork process 1 into new namespaces, keep watch."""
    text = b""
    while not text.endswith(b"\n"):
        data = os.read(0, 65536)
        if not data:
            sys.exit(SETUP_FAILED)
        text += data
    order = json.loads(text)
    os.set_inheritable(order["status"], False)  # that it closes is how the server sees the job's program start
    for number in (*FORWARDED, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, lambda *_: None)
    sys.exit(supervise_plain(order) if order["plain"] else supervise(order))


def supervise_plain(order: dict[str, Any]) -> int:
    """Run the job as it is, and kill whatever it leaves."""
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")
    verdict, writer = os.pipe()
    first = os.fork()
    if first == 0:
        os.dup2(writer, VERDICT)
        attempt(order, run_plain)
    os.close(order["status"])
    os.close(writer)
    code = keep(first, os.killpg, verdict)
    kill_orphans()
    return code


def supervise(order: dict[str, Any]) -> int:
    """Run the job in namespaces of its own."""
    listener = None
    try:
        if order["isolated"] and order["port"]:
            listener = socket.create_server(("127.0.0.1", order["port"]))
        order["mapped"] = enter_namespaces(order["isolated"])
    except (SetupError, OSError) as error:
        os.write(order["status"], f"{REFUSED}{error}".encode())
        return SETUP_FAILED
    first = os.fork()
    if first == 0:
        if listener:
            listener.close()
        attempt(order, be_first)
    os.close(order["status"])
    if listener:
        if os.fork() == 0:
            relay(listener, order["port"])
        listener.close()
    return keep(first, os.kill)


if __name__ == "__main__":
    main()
