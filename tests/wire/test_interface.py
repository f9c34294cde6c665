"""Our types are those of the published interface definitions, but for what is listed with its reason."""

from enum import StrEnum
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from betflow.wire import account, betting, book, catalogue, enums, heartbeat, positions
from betflow.wire.operations import OPERATIONS, Api, Effect
from interface import Member, interface

MODULES = {
    "SportsAPING": (catalogue, book, positions, betting),
    "AccountAPING": (account, catalogue),
    "HeartbeatAPING": (heartbeat,),
}

# Defined, and no part of betflow.
LEFT_OUT_OPERATIONS = {
    "exposure limits of groups of markets: only with a permission that few accounts have": {
        "setDefaultExposureLimitForMarketGroups",
        "setExposureLimitForMarketGroup",
        "removeDefaultExposureLimitForMarketGroups",
        "removeExposureLimitForMarketGroup",
        "listExposureLimitsForMarketGroups",
        "unblockMarketGroup",
        "getExposureReuseEnabledEvents",
        "addExposureReuseEnabledEvents",
        "removeExposureReuseEnabledEvents",
    },
    "for those who sell software to other customers": {
        "getVendorClientId",
        "getApplicationSubscriptionToken",
        "activateApplicationSubscription",
        "cancelApplicationSubscription",
        "updateApplicationSubscription",
        "listApplicationSubscriptionTokens",
        "listAccountSubscriptionTokens",
        "getApplicationSubscriptionHistory",
        "getAuthorisationCode",
        "token",
        "getVendorDetails",
        "revokeAccessToWebApp",
        "listAuthorizedWebApps",
        "isAccountSubscribedToWebApp",
        "getAffiliateRelation",
    },
}
LEFT_OUT_TYPES = {
    "exposure limits of groups of markets": {
        "ExposureLimitsForMarketGroups",
        "MarketGroup",
        "MarketGroupId",
        "LimitBreachAction",
        "MarketGroupExposureLimit",
        "ExposureLimit",
        "MarketGroupType",
        "LimitBreachActionType",
    },
    "for those who sell software to other customers": {
        "ApplicationSubscription",
        "SubscriptionHistory",
        "AccountSubscription",
        "SubscriptionTokenInfo",
        "AuthorisationResponse",
        "SubscriptionOptions",
        "VendorAccessTokenInfo",
        "VendorDetails",
        "AffiliateRelation",
        "SubscriptionStatus",
        "Status",
        "GrantType",
        "TokenType",
        "AffiliateRelationStatus",
    },
    "defined, and used by no operation": {"MarketState", "MarketRates", "MarketLicence"},
    "one value, which answers have as text": {"ItemClass"},
}

# Named otherwise.
RENAMED = {"PriceLadderType": "LadderType"}

# In the definition, and not in ours.
MISSING_MEMBERS = {("Match", "Size"): "the service writes it size, like everywhere else"}

# Not in the definition, and in ours: the documentation, or recorded answers, have them.
ADDED_MEMBERS = {
    "MarketFilter": {"betDelayModels"},
    "MarketBook": {"suspendReason", "betDelayModels"},
    "MarketDescription": {"betDelayModels"},
    "Match": {"size"},
    "CurrentOrderSummary": {
        "currentItemDescription",
        "lapsedDate",
        "lapseStatusReasonCode",
        "cancelledDate",
        "sourceIdKey",
        "sourceIdDescription",
    },
    "ClearedOrderSummary": {"sourceIdKey", "sourceIdDescription"},
    "StatementLegacyData": {"deadHeatPriceDivisor", "avgPriceRaw"},
    "listCurrentOrders": {"includeItemDescription", "includeSourceId"},
    "listClearedOrders": {"includeSourceId"},
}

# Mandatory in the definition, and optional in ours:
# an answer has members missing that are defined as mandatory, and is worth something without them. What stays
# mandatory is what it cannot be understood without: which market, runner or bet it is about, what became of
# orders, a price and its size, and whether a list is whole.
OPTIONAL_IN_ANSWERS = {
    "CancelInstructionReport": {"sizeCancelled", "cancelledDate"},
    "CurrentOrderSummary": {
        *("handicap", "priceSize", "bspLiability", "side", "status", "persistenceType", "orderType"),
        *("placedDate", "matchedDate"),
    },
    "DeveloperApp": {"appName", "appId", "appVersions"},
    "DeveloperAppVersion": {
        *(
            "owner",
            "versionId",
            "version",
            "applicationKey",
            "subscriptionRequired",
            "ownerManaged",
            "active",
        ),
    },
    "KeyLineDescription": {"keyLine"},
    "KeyLineSelection": {"handicap"},
    "MarketBook": {"isMarketDataDelayed"},
    "MarketCatalogue": {"marketName"},
    "MarketDescription": {
        *("persistenceEnabled", "bspMarket", "marketTime", "suspendTime", "bettingType", "turnInPlayEnabled"),
        *("marketType", "regulator", "marketBaseRate", "discountAllowed"),
    },
    "MarketLineRangeInfo": {"maxUnitValue", "minUnitValue", "interval", "marketUnit"},
    "Match": {"side"},
    "Order": {
        *("orderType", "status", "persistenceType", "side", "price", "size", "bspLiability", "placedDate"),
    },
    "PlaceInstructionReport": {"instruction"},
    "PriceLadderDescription": {"type"},
    "Runner": {"handicap", "status", "adjustmentFactor"},
    "RunnerCatalog": {"runnerName", "handicap", "sortPriority"},
    "StatementItem": {"itemDate"},
    "UpdateInstructionReport": {"instruction"},
}
MANDATORY_IN_OURS = {("MarketVersion", "version"): "a version without a number says nothing"}
OPTIONAL_PARAMETERS = {"filter": "left out, it is every market; it is always sent"}

# Values that ours have and the definition has not.
ADDED_VALUES = {
    "RunnerStatus": {"HIDDEN"},
    "ExecutionReportErrorCode": {"INVALID_PROFIT_RATIO", "NO_CHANGE"},
    "InstructionReportErrorCode": {"INVALID_PROFIT_RATIO"},
}
ADDED_SERVICE_ERRORS = {"CUSTOMER_ACCOUNT_CLOSED", "SESSION_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE"}

# How a type of the definition looks in JSON.
PLAIN = {"string": str, "dateTime": str, "bool": bool, "double": float, "i32": int, "i64": int}
ALIASES = {
    "SelectionId": int,
    "Handicap": float,
    "Price": float,
    "Size": float,
}


def _kind(defined: str) -> str:
    """Return what a defined type is in JSON: list, map, object, text, or a plain type's name."""
    if defined.startswith(("list(", "set(")):
        return "list"
    if defined.startswith("map("):
        return "map"
    plain = PLAIN.get(defined) or ALIASES.get(defined)
    if plain is not None:
        return plain.__name__
    is_object = any(defined in interface(name).types for name in MODULES)
    return "object" if is_object else "str"


def _our_kind(hint: Any) -> str:  # noqa: ANN401 - a type, of whatever kind
    parts = [each for each in get_args(hint) if each is not type(None)]
    if type(None) in get_args(hint):
        hint = parts[0]
    name = str(getattr(hint, "__origin__", hint).__name__)
    if name in {"tuple", "list"}:
        return "list"
    if name == "dict":
        return "map"
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return "object"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "str"
    return name


def _ours(name: str, api: str) -> type[msgspec.Struct]:
    for module in MODULES[api]:
        if hasattr(module, name):
            found: type[msgspec.Struct] = getattr(module, name)
            return found
    pytest.fail(f"{name} of {api} is nowhere in betflow.wire")


def _left_out(reasons: dict[str, set[str]]) -> set[str]:
    return set().union(*reasons.values())


def _types() -> list[tuple[str, str]]:
    return [(api, name) for api in MODULES for name in interface(api).types]


def _differences(subject: str, defined: tuple[Member, ...], ours: type[msgspec.Struct]) -> list[str]:
    fields = {each.encode_name: each for each in msgspec.structs.fields(ours)}
    hints = {each.encode_name: get_type_hints(ours)[each.name] for each in msgspec.structs.fields(ours)}
    found = []
    for member in defined:
        if (subject, member.name) in MISSING_MEMBERS:
            continue
        if member.name not in fields:
            found.append(f"{subject}.{member.name} is missing")
            continue
        if _kind(member.type) != _our_kind(hints[member.name]):
            found.append(f"{subject}.{member.name}: {member.type}, ours {hints[member.name]}")
        is_lenient = member.name in OPTIONAL_IN_ANSWERS.get(subject, ())
        excused = (
            (subject, member.name) in MANDATORY_IN_OURS
            or member.name in OPTIONAL_PARAMETERS
            or (is_lenient and member.mandatory and not fields[member.name].required)
        )
        if member.mandatory is not fields[member.name].required and not excused:
            found.append(f"{subject}.{member.name}: mandatory is {member.mandatory}")
    added = set(fields) - {member.name for member in defined}
    if added != ADDED_MEMBERS.get(subject, set()):
        found.append(f"{subject} has in addition {sorted(added)}")
    return found


def test_every_type_is_as_it_is_defined() -> None:
    """Every type has the defined members, of the defined kind, mandatory where they are."""
    differences = [
        difference
        for api, name in _types()
        if name not in _left_out(LEFT_OUT_TYPES)
        for difference in _differences(name, interface(api).types[name], _ours(name, api))
    ]

    assert [] == differences


def test_every_operation_is_as_it_is_defined() -> None:
    """Every operation takes the defined parameters and answers with the defined type."""
    differences = []
    for operation in OPERATIONS.values():
        if operation.api is Api.SCORES:
            continue  # there is no published definition of it
        defined = interface(operation.api.value)
        differences += _differences(operation.name, defined.operations[operation.name], operation.parameters)
        answer = defined.answers[operation.name]
        element = get_args(operation.answer)[0] if answer.startswith("list(") else operation.answer
        if element.__name__ != answer.removeprefix("list(").removesuffix(")"):
            differences.append(f"{operation.name} answers with {answer}")

    assert [] == differences


def test_every_operation_is_there_or_left_out_with_a_reason() -> None:
    """No defined operation is forgotten."""
    defined = {name for api in MODULES for name in interface(api).operations}
    ours = {each.name for each in OPERATIONS.values()}

    assert _left_out(LEFT_OUT_OPERATIONS) == defined - ours
    assert {"listRaceDetails"} == ours - defined


def test_every_type_left_out_is_defined() -> None:
    """What is left out with a reason exists, so that the reasons do not outlive it."""
    defined = {name for api in MODULES for name in [*interface(api).types, *interface(api).enums]}

    assert set() == _left_out(LEFT_OUT_TYPES) - defined


def test_every_closed_set_is_as_it_is_defined() -> None:
    """Every closed set has the defined values, and those that the documentation adds."""
    differences = []
    for api in MODULES:
        for name, values in interface(api).enums.items():
            if name in _left_out(LEFT_OUT_TYPES):
                continue
            ours = {str(each) for each in getattr(enums, RENAMED.get(name, name))}
            if ours ^ set(values) != ADDED_VALUES.get(name, set()):
                differences.append(f"{name}: {sorted(ours ^ set(values))}")

    assert [] == differences


def test_every_service_error_is_known() -> None:
    """The codes of all services are in one set, with those of the documentation."""
    defined = {code for api in MODULES for code in interface(api).exceptions}

    assert ADDED_SERVICE_ERRORS == {str(each) for each in enums.ServiceErrorCode} - defined
    assert set() == defined - {str(each) for each in enums.ServiceErrorCode}


def test_what_changes_something_says_so() -> None:
    """Every operation that can bet, cancel or move money is marked; the rest only reads."""
    assert {
        "placeOrders": Effect.ORDERS,
        "cancelOrders": Effect.ORDERS,
        "replaceOrders": Effect.ORDERS,
        "updateOrders": Effect.ORDERS,
        "heartbeat": Effect.ORDERS,
        "createDeveloperAppKeys": Effect.ACCOUNT,
        "transferFunds": Effect.ACCOUNT,
    } == {each.name: each.effect for each in OPERATIONS.values() if each.effect is not Effect.NOTHING}
