"""What a function loads at its start stays, so the collector need not look through it for garbage.

It would, again and again while modules load: a sixth of the door's CPU until its first answer.
Frozen, they are not looked through later either, so no collection of the whole falls into a press.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Around a handler's imports."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
