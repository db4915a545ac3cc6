"""How the process gets its memory."""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc
_MOST_BYTES = 2**31 - 1


def keep_freed_memory() -> None:
    """Have malloc keep what is freed for its next use, where it is glibc's; elsewhere do nothing.

    By default it maps every large array anew, and the kernel clears its pages each time they are first touched: a tenth
    of the time of learning. The process stays as large as it has once been.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_MAX, 0)
    libc.mallopt(_M_TRIM_THRESHOLD, _MOST_BYTES)
