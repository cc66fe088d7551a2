"""Counts what was tried, and says aloud what should not have worked."""

tried = 0


def leak(what):
    print("LEAK:", what, flush=True)


def must_fail(what, action):
    """Runs an action that must raise."""
    global tried
    tried += 1
    try:
        result = action()
    except (OSError, AttributeError, ValueError, MemoryError):
        return
    leak(f"{what}: {str(result)[:200]}")


def done(at_least=1):
    print("tried enough" if tried >= at_least else f"tried only {tried}", flush=True)
