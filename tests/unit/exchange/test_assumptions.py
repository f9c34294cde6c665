"""Named assumptions."""

from dataclasses import replace

import pytest

from betflow.errors import ConfigurationError
from betflow.exchange.assumptions import BETFLOW_1, HiddenRunner


def test_the_default_set_has_a_name_and_a_version() -> None:
    """The default assumptions are betflow-1, version 2."""
    assert ("betflow-1", 2) == (BETFLOW_1.name, BETFLOW_1.version)


def test_a_changed_set_needs_a_name_of_its_own() -> None:
    """What is called betflow-1 is betflow-1."""
    with pytest.raises(ConfigurationError, match="hidden_runner differs"):
        replace(BETFLOW_1, hidden_runner=HiddenRunner.VOID)

    assert HiddenRunner.VOID is replace(BETFLOW_1, name="mine", hidden_runner=HiddenRunner.VOID).hidden_runner
