"""A filter of system calls, as the program that the kernel and bubblewrap take. Pure.

It is the second wall: namespaces already keep these calls from reaching anything; what is denied
here is what exploits of the kernel are made of, what memory could be hidden in, and the kinds of
socket that no network namespace holds (a virtual machine's vsock reaches its host).

Source  Documentation/userspace-api/seccomp_filter.rst; numbers from the kernel's
        arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
"""

import struct

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NUMBER, ARCH, FIRST = 0, 4, 16  # offsets in struct seccomp_data
NAMESPACES = 0x7E020000  # CLONE_NEW*
FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink (Go reads interfaces by it)
X32 = 0x40000000

# name: x86_64, aarch64 (-1: it has none)
DENIED = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "setns": (308, 268), "unshare": (272, 97), "mount_setattr": (442, 442),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "syslog": (103, 116), "quotactl": (179, 60), "acct": (163, 89),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "ioperm": (173, -1), "iopl": (172, -1), "modify_ldt": (154, -1), "vhangup": (153, 58),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
SOCKET = {"x86_64": 41, "aarch64": 198}
CLONE3 = 435


def program(machine: str) -> bytes:
    """The filter for `machine` as `uname` names it; empty where we know no numbers."""
    if machine not in ARCHES:
        return b""
    column = tuple(ARCHES).index(machine)
    denied = [numbers[column] for numbers in DENIED.values() if numbers[column] >= 0]
    lines = [
        (LOAD, 0, 0, ARCH),
        (EQUAL, 1, 0, ARCHES[machine]),
        (RETURN, 0, 0, KILL),  # another architecture has other numbers
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, KILL),
        *_on(CLONE3, [(RETURN, 0, 0, ERRNO | ENOSYS)]),  # its flags lie in memory; libc has another
        *(line for number in denied for line in _on(number, [(RETURN, 0, 0, ERRNO | EPERM)])),
        *_on(CLONE[machine], _clone()),
        *_on(SOCKET[machine], _socket()),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


Line = tuple[int, int, int, int]  # code, jump if true, jump if false, value


def _on(number: int, then: list[Line]) -> list[Line]:
    return [(EQUAL, 0, len(then), number), *then]


def _clone() -> list[Line]:
    return [
        (LOAD, 0, 0, FIRST),
        (ANY_BIT, 0, 1, NAMESPACES),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _socket() -> list[Line]:
    known = [line for family in FAMILIES for line in _on(family, [(RETURN, 0, 0, ALLOW)])]
    return [(LOAD, 0, 0, FIRST), *known, (RETURN, 0, 0, ERRNO | EAFNOSUPPORT)]
