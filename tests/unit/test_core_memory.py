import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
from geulnun.core.memory import keep_freed_memory

def count_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.ones(8_000_000, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

mapped = count_faults()
keep_freed_memory()
count_faults()
print(mapped, count_faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc's malloc")
def test_freed_memory_is_used_again_without_new_pages() -> None:
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    mapped, kept = map(int, found.stdout.split())
    assert kept < mapped / 10
