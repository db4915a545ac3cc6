"""The lock for calls into PDFium, which is not thread-safe."""

import threading

# Reentrant: the garbage collector may close a forgotten document while this thread is inside.
PDFIUM = threading.RLock()
