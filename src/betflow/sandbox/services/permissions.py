"""
Operations about limits of exposure: an account needs a permission for them, and the sandbox's has none.

Source: the published interface definition (SportsAPING.xml).
"""

from typing import Any, Final

import msgspec

from betflow.wire.operations import Api, Operation


class Permissioned(msgspec.Struct):
    """The parameters of such an operation; nobody looks at them."""


OPERATIONS: Final = tuple(
    Operation[Permissioned, Any](Api.BETTING, name, Permissioned, Any)
    for name in (
        "setDefaultExposureLimitForMarketGroups",
        "setExposureLimitForMarketGroup",
        "removeDefaultExposureLimitForMarketGroups",
        "removeExposureLimitForMarketGroup",
        "listExposureLimitsForMarketGroups",
        "unblockMarketGroup",
        "getExposureReuseEnabledEvents",
        "addExposureReuseEnabledEvents",
        "removeExposureReuseEnabledEvents",
    )
)
