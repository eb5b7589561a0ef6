"""How long an account waits after failures, so that guessing over the terminal comes to nothing.

Three may be typed wrong at once; from then on the pause doubles, up to a quarter of an hour. That
is under a hundred tries a day, and an officer is never locked out for longer by somebody else.
"""

FREE = 3
_FIRST_MS, _LONGEST_MS = 2_000, 15 * 60_000


def wait_ms(failures: int) -> int:
    """Milliseconds after so many failures in a row."""
    if failures < FREE:
        return 0
    return min(_FIRST_MS << min(failures - FREE, 20), _LONGEST_MS)
