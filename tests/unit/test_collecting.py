"""How often Python looks for garbage."""

import gc

from betflow.collecting import collecting_seldom


def test_garbage_is_looked_for_less_often_only_within_the_block() -> None:
    """What else runs in the process has its collector back afterwards."""
    before = gc.get_threshold()

    with collecting_seldom():
        assert gc.get_threshold()[0] > before[0]

    assert before == gc.get_threshold()
