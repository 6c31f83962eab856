"""For tests that call os.fork() while the parent has other threads: what the sanitizers do not survive there."""

from __future__ import annotations

import os

import pytest

SANITIZER = os.environ.get("COREMUSIC_SANITIZED")

# A child that starts a thread ends there, at once and with success, where the thread sanitizer is.
CHILDREN_START_THREADS = SANITIZER != "thread"

needs_allocator_in_child = pytest.mark.skipif(
    SANITIZER == "address",
    reason="the sanitizer's allocator stays locked in a child when a thread of the parent was inside it",
)
needs_threads_in_child = pytest.mark.skipif(
    not CHILDREN_START_THREADS, reason="under the thread sanitizer a child that starts a thread ends there"
)
