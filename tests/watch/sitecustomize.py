"""Watches a Python process, and those it starts, from before their first line; tests put it on PYTHONPATH.

Sockets of the internet are forbidden twice. By the kernel, on Linux: a seccomp filter, which holds native
code and every child as well; a process that asks for such a socket is ended by SIGSYS, after the Python stack
that led there has been written down. And by an audit hook, everywhere: it also sees names being looked up.

The journal, a JSON line each: {"net": event, "stack": [...]}, {"write": path}, {"run": command}.
STGAT_WATCH names the folder of the journal and of the stacks. STGAT_WATCH_LARGEST: so many bytes a file may
have, whoever writes it; who tries to write more is refused, and the stack is kept.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import platform
import signal
import socket
import struct
import sys
import threading
import traceback
from pathlib import Path

#: machine -> (its number in <linux/audit.h>, its number of the system call socket)
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
IO_URING_SETUP = 425  # which could open sockets past the filter
FORBIDDEN = (socket.AF_INET, socket.AF_INET6)
NET_EVENTS = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
    "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
    "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect",
)  # fmt: skip

_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _TRAP = 0x7FFF0000, 0x00030000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_OF_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

PLACE = Path(os.environ.get("STGAT_WATCH", "."))
_own = threading.local()


def forbid_in_kernel() -> None:
    """Have the kernel end this process, or a child, that asks for a socket of the internet. No way back."""
    arch, socket_call = MACHINES[platform.machine()]
    # struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6]
    rows = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, 6, arch),
        (_LOAD, 0, 0, 0),
        (_EQUAL, 5, 0, IO_URING_SETUP),
        (_EQUAL, 0, 3, socket_call),
        (_LOAD, 0, 0, 16),
        (_EQUAL, 2, 0, int(FORBIDDEN[0])),
        (_EQUAL, 1, 0, int(FORBIDDEN[1])),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _TRAP),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *row) for row in rows))
    pointer = struct.pack("@HP", len(rows), ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _MODE_FILTER, pointer, 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "the kernel does not take the filter")


def note(**fields: object) -> None:
    with (PLACE / "journal").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(fields) + "\n")


def watch(event: str, arguments: tuple) -> None:
    if getattr(_own, "busy", False):
        return
    _own.busy = True
    try:
        if event in NET_EVENTS or (event == "socket.__new__" and arguments[1] in FORBIDDEN):
            address = arguments[1] if event in ("socket.connect", "socket.bind") else None
            if isinstance(address, (str, bytes)):  # of this machine: a file's name
                return
            note(net=event, stack=traceback.format_stack()[:-1])
            raise PermissionError(f"{event}: the network is forbidden here")
        if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _OF_WRITING:
                note(write=str(Path(os.fsdecode(path)).absolute()))
        elif event == "subprocess.Popen":
            note(run=[str(part) for part in arguments[1]])
    finally:
        _own.busy = False


if "STGAT_WATCH" in os.environ:
    if sys.platform.startswith("linux"):
        stacks = (PLACE / "stacks").open("a", encoding="utf-8")  # kept open
        faulthandler.register(signal.SIGSYS, stacks, all_threads=True, chain=True)
        forbid_in_kernel()
        if largest := int(os.environ.get("STGAT_WATCH_LARGEST", "0")):
            import resource

            faulthandler.register(signal.SIGXFSZ, stacks, all_threads=True, chain=True)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    sys.addaudithook(watch)
