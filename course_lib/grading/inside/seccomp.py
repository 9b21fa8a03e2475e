"""What the kernel lets a learner's process do: a filter that allows a list of calls, and no more.

It lets a process compute, read what is mounted, and make threads. It lets it make no file, start
no process, open no socket, send no signal, look into no other process and make no namespace. The
filter is a program for the kernel's BPF machine, as seccomp(2) describes it: each instruction is a
code, two distances to jump, and a number.
"""

import ctypes
import errno
import os
import struct

# Calls that are allowed whatever their arguments: name, number on x86_64 and on aarch64.
ALLOWED = """
read 0 63; write 1 64; readv 19 65; writev 20 66; pread64 17 67; pwrite64 18 68; preadv 295 69;
pwritev 296 70; preadv2 327 286; pwritev2 328 287; close 3 57; close_range 436 436; stat 4 -;
fstat 5 80; lstat 6 -; newfstatat 262 79; statx 332 291; statfs 137 43; fstatfs 138 44;
access 21 -; faccessat 269 48; faccessat2 439 439; readlink 89 -; readlinkat 267 78;
getdents 78 -; getdents64 217 61; getcwd 79 17; chdir 80 49; fchdir 81 50; lseek 8 62;
mprotect 10 226; munmap 11 215; mremap 25 216; madvise 28 233; mincore 27 232; brk 12 214;
rt_sigaction 13 134; rt_sigprocmask 14 135; rt_sigreturn 15 139; rt_sigpending 127 136;
rt_sigtimedwait 128 137; rt_sigsuspend 130 133; sigaltstack 131 132; dup 32 23; dup2 33 -;
dup3 292 24; pipe 22 -; pipe2 293 59; poll 7 -; ppoll 271 73; select 23 -; pselect6 270 72;
epoll_create 213 -; epoll_create1 291 20; epoll_ctl 233 21; epoll_wait 232 -;
epoll_pwait 281 22; eventfd 284 -; eventfd2 290 19; fadvise64 221 223; getpid 39 172;
gettid 186 178; getppid 110 173; getuid 102 174; geteuid 107 175; getgid 104 176;
getegid 108 177; getresuid 118 148; getresgid 120 150; getgroups 115 158; getpgrp 111 -;
getpgid 121 155; getsid 124 156; getrusage 98 165; times 100 153; clock_gettime 228 113;
clock_getres 229 114; clock_nanosleep 230 115; gettimeofday 96 169; time 201 -;
nanosleep 35 101; getrandom 318 278; uname 63 160; sysinfo 99 179; sched_yield 24 124;
sched_getaffinity 204 123; sched_getparam 143 121; sched_getscheduler 145 120;
sched_get_priority_max 146 125; sched_get_priority_min 147 126; getpriority 140 141;
getrlimit 97 163; getcpu 309 168; arch_prctl 158 -; set_tid_address 218 96;
set_robust_list 273 99; rseq 334 293; futex 202 98; membarrier 324 283; exit 60 93;
exit_group 231 94; tgkill 234 131; restart_syscall 219 128; alarm 37 -; setitimer 38 103;
getitimer 36 102; sendfile 40 71
"""
MACHINES = {  # number of the machine in the kernel, column above, and numbers of calls that depend
    "x86_64": (0xC000003E, 1, {"ioctl": 16, "fcntl": 72, "prctl": 157, "mmap": 9, "clone": 56}),
    "aarch64": (0xC00000B7, 2, {"ioctl": 29, "fcntl": 25, "prctl": 167, "mmap": 222, "clone": 220}),
}
OPENS = {"x86_64": ((2, 1), (257, 2)), "aarch64": ((56, 2),)}  # and which argument has the flags
PRLIMIT = {"x86_64": 302, "aarch64": 261}
CLONE3 = 435
X32 = 0x40000000  # from here on calls of another ABI, on x86_64

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of BPF
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16  # where a call's data are
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTERS = 38, 22, 2

CLONE_THREAD = 0x10000
NEW_NAMESPACES = 0x7E020000
SHARED, ANONYMOUS, GROWS_DOWN = 0x01, 0x20, 0x100  # of mmap
MAKES_A_FILE = 0x400040  # of open: O_CREAT, and what is O_TMPFILE's own
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, how much, blocking
PRCTLS = (3, 15, 16, 21, 39)  # the name of a thread, and what is set
OWNERS = (8, 10, 15, 1026)  # fcntl that sends signals


class Unfiltered(OSError):
    """The kernel has not taken the filter."""


def lock():
    """Give up all that the filter refuses, for this process and its threads, for ever.

    Raises
    ------
    Unfiltered
        If the kernel does not take it, or does not act by it.
    """
    program = filter_of(os.uname().machine)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    lines = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(lines))
    number = ctypes.c_ulong
    for call in (
        (PR_SET_NO_NEW_PRIVS, number(1), number(0), number(0), number(0)),
        (PR_SET_SECCOMP, number(FILTERS), pointer, number(0), number(0)),
    ):
        if prctl(*call) != 0:
            raise Unfiltered(ctypes.get_errno(), "the kernel took no filter")
    try:
        os.kill(os.getpid(), 0)
    except PermissionError:
        return
    raise Unfiltered(errno.EPERM, "the filter lets pass what it should not")


def filter_of(machine):
    """Return the program for a machine, as bytes of eight for each instruction."""
    if machine not in MACHINES:
        raise Unfiltered(errno.ENOSYS, f"there is no filter for {machine}")
    audit, column, numbers = MACHINES[machine]
    rows = [row.split() for row in ALLOWED.replace("\n", " ").split(";")]
    always = [int(row[column]) for row in rows if row[column] != "-"]
    refuse = _return(REFUSE | errno.EPERM)
    lines = [_load(MACHINE), _jump(EQUAL, audit, 1, 0), _return(KILL), _load(NUMBER)]
    lines += [_jump(AT_LEAST, X32, 0, 1), refuse]
    for allowed in always:
        lines += [_jump(EQUAL, allowed, 0, 1), _return(ALLOW)]
    # Libraries fall back to the older call, whose arguments can be looked at.
    lines += [_jump(EQUAL, CLONE3, 0, 1), _return(REFUSE | errno.ENOSYS)]
    lines += _for(
        numbers["clone"],
        [
            *(_load(ARGUMENTS), _jump(ANY_BIT, NEW_NAMESPACES, 0, 1), refuse),
            *(_jump(ANY_BIT, CLONE_THREAD, 1, 0), refuse, _return(ALLOW)),
        ],
    )
    # Memory that is shared, or grows down, would not count as this process's own.
    lines += _for(
        numbers["mmap"],
        [
            *(_load(ARGUMENTS + 24), _jump(ANY_BIT, GROWS_DOWN, 0, 1), refuse),
            *(_jump(ANY_BIT, SHARED, 0, 2), _jump(ANY_BIT, ANONYMOUS, 0, 1), refuse),
            _return(ALLOW),
        ],
    )
    for opens, flags in OPENS[machine]:
        made = [_load(ARGUMENTS + 8 * flags), _jump(ANY_BIT, MAKES_A_FILE, 0, 1)]
        lines += _for(opens, [*made, _return(REFUSE | errno.EROFS), _return(ALLOW)])
    lines += _for(PRLIMIT[machine], [_load(ARGUMENTS), *_if(EQUAL, (0,), _return(ALLOW)), refuse])
    lines += _for(numbers["prctl"], [_load(ARGUMENTS), *_if(EQUAL, PRCTLS, _return(ALLOW)), refuse])
    lines += _for(
        numbers["ioctl"],
        [
            _load(ARGUMENTS + 8),
            *_if(EQUAL, IOCTLS, _return(ALLOW)),
            _return(REFUSE | errno.ENOTTY),
        ],
    )
    lines += _for(
        numbers["fcntl"], [_load(ARGUMENTS + 8), *_if(EQUAL, OWNERS, refuse), _return(ALLOW)]
    )
    return b"".join([*lines, refuse])


def _for(number, lines):
    """Return lines that are gone through for one call alone; they end with a verdict."""
    return [_jump(EQUAL, number, 0, len(lines)), *lines]


def _if(code, values, verdict):
    return [line for value in values for line in (_jump(code, value, 0, 1), verdict)]


def _load(place):
    return struct.pack("HBBI", LOAD, 0, 0, place)


def _jump(code, value, if_so, if_not):
    return struct.pack("HBBI", code, if_so, if_not, value)


def _return(verdict):
    return struct.pack("HBBI", RETURN, 0, 0, verdict)
