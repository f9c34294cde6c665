"""
The closed sets of Betfair's vocabulary.

Wire types carry these as plain text, because Betfair adds values without notice and an unknown one
must not cost a message; compare against the members (a `StrEnum` member equals its text).

Source: Exchange Stream API, published interface definition (ESASwaggerSchema.json); Betting Enums and the
published interface definition of the betting API (SportsAPING.xml).
"""

from enum import StrEnum


class ChangeType(StrEnum):
    """What a change message is (`ct`); absent on an ordinary update."""

    SUB_IMAGE = "SUB_IMAGE"
    """An image: replaces what was cached for the subscription. May recur in mid-stream."""
    RESUB_DELTA = "RESUB_DELTA"
    """Deltas since the clock that the client resumed from."""
    HEARTBEAT = "HEARTBEAT"
    """Nothing changed; the connection lives."""


class SegmentType(StrEnum):
    """Which part of a segmented message this is; absent when the message is whole."""

    SEG_START = "SEG_START"
    SEG = "SEG"
    SEG_END = "SEG_END"


class StatusCode(StrEnum):
    """How a request on the stream ended."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


class StreamErrorCode(StrEnum):
    """Why a request on the stream failed. Betfair closes the connection with all of them but one."""

    NO_APP_KEY = "NO_APP_KEY"
    INVALID_APP_KEY = "INVALID_APP_KEY"
    NO_SESSION = "NO_SESSION"
    INVALID_SESSION_INFORMATION = "INVALID_SESSION_INFORMATION"
    NOT_AUTHORIZED = "NOT_AUTHORIZED"
    """The app key or the session may not do that."""
    INVALID_INPUT = "INVALID_INPUT"
    """Not a message that Betfair could read."""
    INVALID_CLOCK = "INVALID_CLOCK"
    """`initialClk` or `clk` is wrong or too old to resume from."""
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"
    """Something at Betfair's went wrong; often the client reads too slowly."""
    TIMEOUT = "TIMEOUT"
    """The client was idle or too slow."""
    SUBSCRIPTION_LIMIT_EXCEEDED = "SUBSCRIPTION_LIMIT_EXCEEDED"
    """More markets fit the filter than may be subscribed to; the connection stays open."""
    INVALID_REQUEST = "INVALID_REQUEST"
    """A message that has no place in the protocol now."""
    CONNECTION_FAILED = "CONNECTION_FAILED"
    MAX_CONNECTION_LIMIT_EXCEEDED = "MAX_CONNECTION_LIMIT_EXCEEDED"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    """Connected or authenticated too often."""


class MarketDataField(StrEnum):
    """Which data of a market a subscription receives."""

    EX_BEST_OFFERS_DISP = "EX_BEST_OFFERS_DISP"
    """`bdatb`, `bdatl`: the best levels with virtual bets, as the website shows them."""
    EX_BEST_OFFERS = "EX_BEST_OFFERS"
    """`batb`, `batl`: the best levels."""
    EX_ALL_OFFERS = "EX_ALL_OFFERS"
    """`atb`, `atl`: full depth."""
    EX_TRADED = "EX_TRADED"
    """`trd`: traded volume by price."""
    EX_TRADED_VOL = "EX_TRADED_VOL"
    """`tv`: traded volume of market and runner."""
    EX_LTP = "EX_LTP"
    """`ltp`: the last price traded."""
    EX_MARKET_DEF = "EX_MARKET_DEF"
    """`marketDefinition`."""
    SP_TRADED = "SP_TRADED"
    """`spb`, `spl`: the starting price pool."""
    SP_PROJECTED = "SP_PROJECTED"
    """`spn`, `spf`: the projected starting prices."""


class StreamSide(StrEnum):
    """The side of an order on the order stream."""

    BACK = "B"
    LAY = "L"


class StreamOrderStatus(StrEnum):
    """The state of an order on the order stream."""

    EXECUTABLE = "E"
    EXECUTION_COMPLETE = "EC"


class StreamPersistenceType(StrEnum):
    """The persistence of an order on the order stream."""

    LAPSE = "L"
    PERSIST = "P"
    MARKET_ON_CLOSE = "MOC"


class StreamOrderType(StrEnum):
    """The kind of an order on the order stream."""

    LIMIT = "L"
    LIMIT_ON_CLOSE = "LOC"
    MARKET_ON_CLOSE = "MOC"


class LapseReason(StrEnum):
    """Why an order on the order stream lapsed as it came (`lsrc`)."""

    MKT_UNKNOWN = "MKT_UNKNOWN"
    MKT_INVALID = "MKT_INVALID"
    RNR_UNKNOWN = "RNR_UNKNOWN"
    TIME_ELAPSED = "TIME_ELAPSED"
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    PRICE_INVALID = "PRICE_INVALID"
    MKT_SUSPENDED = "MKT_SUSPENDED"
    MKT_VERSION = "MKT_VERSION"
    """It was decided on a version of the market that is too old."""
    LINE_TARGET = "LINE_TARGET"
    LINE_SP = "LINE_SP"
    SP_IN_PLAY = "SP_IN_PLAY"
    SMALL_STAKE = "SMALL_STAKE"
    PRICE_IMP_TOO_LARGE = "PRICE_IMP_TOO_LARGE"
    """The account does not take a better price."""


class MarketStatus(StrEnum):
    """The state of a market."""

    INACTIVE = "INACTIVE"
    OPEN = "OPEN"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class RunnerStatus(StrEnum):
    """The state, and after settlement the result, of a runner."""

    ACTIVE = "ACTIVE"
    WINNER = "WINNER"
    PLACED = "PLACED"
    """Each-way markets only."""
    LOSER = "LOSER"
    REMOVED = "REMOVED"
    REMOVED_VACANT = "REMOVED_VACANT"
    """A greyhound trap that stays empty."""
    HIDDEN = "HIDDEN"
    """A horse that is not officially entered."""


class LadderType(StrEnum):
    """Which price ladder a market uses (`priceLadderDefinition.type`)."""

    CLASSIC = "CLASSIC"
    FINEST = "FINEST"
    LINE_RANGE = "LINE_RANGE"


class BetDelayModel(StrEnum):
    """How the bet delay of a market works (`betDelayModels`)."""

    PASSIVE = "PASSIVE"
    """A plain order that would not match at once joins the queue without waiting."""
    DYNAMIC = "DYNAMIC"
    """The delay changes during the event; the definition has the one in force."""


class Side(StrEnum):
    """The side of a bet. In line markets a back sells the line, and a lay buys it."""

    BACK = "BACK"
    LAY = "LAY"

    @property
    def sign(self) -> int:
        """What the backer's profit is multiplied by: 1, or -1 for the layer."""
        return 1 if self is Side.BACK else -1

    @property
    def opposite(self) -> "Side":
        """The side of whoever is matched with it."""
        return Side.LAY if self is Side.BACK else Side.BACK


class OrderType(StrEnum):
    """The kind of an order."""

    LIMIT = "LIMIT"
    LIMIT_ON_CLOSE = "LIMIT_ON_CLOSE"
    """At the starting price, if that is no worse than a limit."""
    MARKET_ON_CLOSE = "MARKET_ON_CLOSE"
    """At the starting price."""


class PersistenceType(StrEnum):
    """What happens to the unmatched rest of a LIMIT order when the market turns in play."""

    LAPSE = "LAPSE"
    PERSIST = "PERSIST"
    """Stays ("keep")."""
    MARKET_ON_CLOSE = "MARKET_ON_CLOSE"
    """Goes to the starting price ("take SP")."""


class TimeInForce(StrEnum):
    """How long a LIMIT order tries; without it, until it is matched or ends."""

    FILL_OR_KILL = "FILL_OR_KILL"
    """Matched at once, in full or by its minimum fill, or not at all."""


class BetTargetType(StrEnum):
    """What a LIMIT order without a size aims at."""

    BACKERS_PROFIT = "BACKERS_PROFIT"
    """The profit of the one who backs."""
    PAYOUT = "PAYOUT"
    """Stake and profit of the one who backs."""


class OrderStatus(StrEnum):
    """The state of an order."""

    PENDING = "PENDING"
    """Accepted, not yet with the matcher."""
    EXECUTION_COMPLETE = "EXECUTION_COMPLETE"
    """Nothing of it is left to be matched."""
    EXECUTABLE = "EXECUTABLE"
    """Some of it is unmatched."""
    EXPIRED = "EXPIRED"
    """FILL_OR_KILL that could not be filled."""


class ExecutionReportStatus(StrEnum):
    """How a request for orders ended."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    PROCESSED_WITH_ERRORS = "PROCESSED_WITH_ERRORS"
    TIMEOUT = "TIMEOUT"


class InstructionReportStatus(StrEnum):
    """How one instruction of a request ended."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    TIMEOUT = "TIMEOUT"


class ExecutionReportErrorCode(StrEnum):
    """Why a request for orders failed as a whole."""

    ERROR_IN_MATCHER = "ERROR_IN_MATCHER"
    PROCESSED_WITH_ERRORS = "PROCESSED_WITH_ERRORS"
    BET_ACTION_ERROR = "BET_ACTION_ERROR"
    """At least one instruction is wrong; its report says why."""
    INVALID_ACCOUNT_STATE = "INVALID_ACCOUNT_STATE"
    INVALID_WALLET_STATUS = "INVALID_WALLET_STATUS"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    LOSS_LIMIT_EXCEEDED = "LOSS_LIMIT_EXCEEDED"
    MARKET_SUSPENDED = "MARKET_SUSPENDED"
    MARKET_NOT_OPEN_FOR_BETTING = "MARKET_NOT_OPEN_FOR_BETTING"
    """Inactive or closed."""
    DUPLICATE_TRANSACTION = "DUPLICATE_TRANSACTION"
    """The same customerRef within 60 seconds."""
    INVALID_ORDER = "INVALID_ORDER"
    INVALID_MARKET_ID = "INVALID_MARKET_ID"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    DUPLICATE_BETIDS = "DUPLICATE_BETIDS"
    NO_ACTION_REQUIRED = "NO_ACTION_REQUIRED"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    REJECTED_BY_REGULATOR = "REJECTED_BY_REGULATOR"
    NO_CHASING = "NO_CHASING"
    REGULATOR_IS_NOT_AVAILABLE = "REGULATOR_IS_NOT_AVAILABLE"
    TOO_MANY_INSTRUCTIONS = "TOO_MANY_INSTRUCTIONS"
    INVALID_MARKET_VERSION = "INVALID_MARKET_VERSION"
    INVALID_PROFIT_RATIO = "INVALID_PROFIT_RATIO"
    NO_CHANGE = "NO_CHANGE"
    EVENT_EXPOSURE_LIMIT_EXCEEDED = "EVENT_EXPOSURE_LIMIT_EXCEEDED"
    EVENT_MATCHED_EXPOSURE_LIMIT_EXCEEDED = "EVENT_MATCHED_EXPOSURE_LIMIT_EXCEEDED"
    EVENT_BLOCKED = "EVENT_BLOCKED"


class InstructionReportErrorCode(StrEnum):
    """Why an instruction failed."""

    INVALID_BET_SIZE = "INVALID_BET_SIZE"
    INVALID_RUNNER = "INVALID_RUNNER"
    BET_TAKEN_OR_LAPSED = "BET_TAKEN_OR_LAPSED"
    BET_IN_PROGRESS = "BET_IN_PROGRESS"
    RUNNER_REMOVED = "RUNNER_REMOVED"
    MARKET_NOT_OPEN_FOR_BETTING = "MARKET_NOT_OPEN_FOR_BETTING"
    LOSS_LIMIT_EXCEEDED = "LOSS_LIMIT_EXCEEDED"
    MARKET_NOT_OPEN_FOR_BSP_BETTING = "MARKET_NOT_OPEN_FOR_BSP_BETTING"
    INVALID_PRICE_EDIT = "INVALID_PRICE_EDIT"
    INVALID_ODDS = "INVALID_ODDS"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INVALID_PERSISTENCE_TYPE = "INVALID_PERSISTENCE_TYPE"
    ERROR_IN_MATCHER = "ERROR_IN_MATCHER"
    INVALID_BACK_LAY_COMBINATION = "INVALID_BACK_LAY_COMBINATION"
    ERROR_IN_ORDER = "ERROR_IN_ORDER"
    INVALID_BID_TYPE = "INVALID_BID_TYPE"
    INVALID_BET_ID = "INVALID_BET_ID"
    CANCELLED_NOT_PLACED = "CANCELLED_NOT_PLACED"
    RELATED_ACTION_FAILED = "RELATED_ACTION_FAILED"
    NO_ACTION_REQUIRED = "NO_ACTION_REQUIRED"
    TIME_IN_FORCE_CONFLICT = "TIME_IN_FORCE_CONFLICT"
    UNEXPECTED_PERSISTENCE_TYPE = "UNEXPECTED_PERSISTENCE_TYPE"
    INVALID_ORDER_TYPE = "INVALID_ORDER_TYPE"
    UNEXPECTED_MIN_FILL_SIZE = "UNEXPECTED_MIN_FILL_SIZE"
    INVALID_CUSTOMER_ORDER_REF = "INVALID_CUSTOMER_ORDER_REF"
    INVALID_MIN_FILL_SIZE = "INVALID_MIN_FILL_SIZE"
    BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE = "BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE"
    INVALID_CUSTOMER_STRATEGY_REF = "INVALID_CUSTOMER_STRATEGY_REF"
    INVALID_PROFIT_RATIO = "INVALID_PROFIT_RATIO"


class MarketProjection(StrEnum):
    """Which parts of a market listMarketCatalogue answers with; each but the first two is free of weight."""

    MARKET_DESCRIPTION = "MARKET_DESCRIPTION"
    RUNNER_METADATA = "RUNNER_METADATA"
    RUNNER_DESCRIPTION = "RUNNER_DESCRIPTION"
    EVENT = "EVENT"
    EVENT_TYPE = "EVENT_TYPE"
    COMPETITION = "COMPETITION"
    MARKET_START_TIME = "MARKET_START_TIME"


class MarketSort(StrEnum):
    """In which order listMarketCatalogue answers."""

    MINIMUM_TRADED = "MINIMUM_TRADED"
    MAXIMUM_TRADED = "MAXIMUM_TRADED"
    MINIMUM_AVAILABLE = "MINIMUM_AVAILABLE"
    MAXIMUM_AVAILABLE = "MAXIMUM_AVAILABLE"
    FIRST_TO_START = "FIRST_TO_START"
    LAST_TO_START = "LAST_TO_START"


class MarketBettingType(StrEnum):
    """What a market's prices are."""

    ODDS = "ODDS"
    LINE = "LINE"
    RANGE = "RANGE"
    ASIAN_HANDICAP_DOUBLE_LINE = "ASIAN_HANDICAP_DOUBLE_LINE"
    ASIAN_HANDICAP_SINGLE_LINE = "ASIAN_HANDICAP_SINGLE_LINE"
    FIXED_ODDS = "FIXED_ODDS"


class TimeGranularity(StrEnum):
    """How long a bucket of listTimeRanges is."""

    DAYS = "DAYS"
    HOURS = "HOURS"
    MINUTES = "MINUTES"


class PriceData(StrEnum):
    """Which prices a market book answers with."""

    SP_AVAILABLE = "SP_AVAILABLE"
    SP_TRADED = "SP_TRADED"
    EX_BEST_OFFERS = "EX_BEST_OFFERS"
    EX_ALL_OFFERS = "EX_ALL_OFFERS"
    """Full depth; wins over EX_BEST_OFFERS."""
    EX_TRADED = "EX_TRADED"


class RollupModel(StrEnum):
    """How small offers are put together at the next price."""

    STAKE = "STAKE"
    PAYOUT = "PAYOUT"
    MANAGED_LIABILITY = "MANAGED_LIABILITY"
    NONE = "NONE"


class MatchProjection(StrEnum):
    """How matches of one's own are put together."""

    NO_ROLLUP = "NO_ROLLUP"
    ROLLED_UP_BY_PRICE = "ROLLED_UP_BY_PRICE"
    ROLLED_UP_BY_AVG_PRICE = "ROLLED_UP_BY_AVG_PRICE"


class OrderProjection(StrEnum):
    """Which orders of one's own are answered with."""

    ALL = "ALL"
    EXECUTABLE = "EXECUTABLE"
    EXECUTION_COMPLETE = "EXECUTION_COMPLETE"


class OrderBy(StrEnum):
    """What listCurrentOrders sorts by, and which date its range is about; some leave orders out."""

    BY_BET = "BY_BET"
    BY_MARKET = "BY_MARKET"
    BY_PLACE_TIME = "BY_PLACE_TIME"
    BY_MATCH_TIME = "BY_MATCH_TIME"
    """Without orders that were never matched."""
    BY_VOID_TIME = "BY_VOID_TIME"
    BY_SETTLED_TIME = "BY_SETTLED_TIME"


class SortDir(StrEnum):
    """Which end a sorted answer begins with."""

    EARLIEST_TO_LATEST = "EARLIEST_TO_LATEST"
    LATEST_TO_EARLIEST = "LATEST_TO_EARLIEST"


class BetStatus(StrEnum):
    """How bets of listClearedOrders ended."""

    SETTLED = "SETTLED"
    VOIDED = "VOIDED"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"


class GroupBy(StrEnum):
    """What listClearedOrders adds up over; with `BetStatus.SETTLED` only."""

    EVENT_TYPE = "EVENT_TYPE"
    EVENT = "EVENT"
    MARKET = "MARKET"
    RUNNER = "RUNNER"
    SIDE = "SIDE"
    BET = "BET"
    STRATEGY = "STRATEGY"


class Wallet(StrEnum):
    """Where money of an account is."""

    UK = "UK"
    AUSTRALIAN = "AUSTRALIAN"


class IncludeItem(StrEnum):
    """Which items an account statement has."""

    ALL = "ALL"
    EXCHANGE = "EXCHANGE"
    POKER_ROOM = "POKER_ROOM"
    DEPOSITS_WITHDRAWALS = "DEPOSITS_WITHDRAWALS"


class ActionPerformed(StrEnum):
    """What the exchange did since the last heartbeat."""

    NONE = "NONE"
    CANCELLATION_REQUEST_SUBMITTED = "CANCELLATION_REQUEST_SUBMITTED"
    ALL_BETS_CANCELLED = "ALL_BETS_CANCELLED"
    SOME_BETS_NOT_CANCELLED = "SOME_BETS_NOT_CANCELLED"
    CANCELLATION_REQUEST_ERROR = "CANCELLATION_REQUEST_ERROR"
    CANCELLATION_STATUS_UNKNOWN = "CANCELLATION_STATUS_UNKNOWN"


class LoginError(StrEnum):
    """Why the identity service lets nobody in: a `loginStatus`, or the `error` of an interactive login."""

    INVALID_USERNAME_OR_PASSWORD = "INVALID_USERNAME_OR_PASSWORD"  # noqa: S105 - the name of an error
    ACCOUNT_NOW_LOCKED = "ACCOUNT_NOW_LOCKED"
    ACCOUNT_ALREADY_LOCKED = "ACCOUNT_ALREADY_LOCKED"
    ACCOUNT_PENDING_PASSWORD_CHANGE = "ACCOUNT_PENDING_PASSWORD_CHANGE"  # noqa: S105 - the name of an error
    CHANGE_PASSWORD_REQUIRED = "CHANGE_PASSWORD_REQUIRED"  # noqa: S105 - the name of an error
    PENDING_AUTH = "PENDING_AUTH"
    TELBET_TERMS_CONDITIONS_NA = "TELBET_TERMS_CONDITIONS_NA"
    DUPLICATE_CARDS = "DUPLICATE_CARDS"
    SECURITY_QUESTION_WRONG_3X = "SECURITY_QUESTION_WRONG_3X"
    KYC_SUSPEND = "KYC_SUSPEND"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"
    SELF_EXCLUDED = "SELF_EXCLUDED"
    CONTACT_VERIFICATION_REQUIRED = "CONTACT_VERIFICATION_REQUIRED"
    INVALID_CONNECTIVITY_TO_REGULATOR = "INVALID_CONNECTIVITY_TO_REGULATOR"
    INVALID_CONNECTIVITY_TO_REGULATOR_DK = "INVALID_CONNECTIVITY_TO_REGULATOR_DK"
    INVALID_CONNECTIVITY_TO_REGULATOR_IT = "INVALID_CONNECTIVITY_TO_REGULATOR_IT"
    NOT_AUTHORIZED_BY_REGULATOR = "NOT_AUTHORIZED_BY_REGULATOR"
    NOT_AUTHORIZED_BY_REGULATOR_DK = "NOT_AUTHORIZED_BY_REGULATOR_DK"
    NOT_AUTHORIZED_BY_REGULATOR_IT = "NOT_AUTHORIZED_BY_REGULATOR_IT"
    SECURITY_RESTRICTED_LOCATION = "SECURITY_RESTRICTED_LOCATION"
    BETTING_RESTRICTED_LOCATION = "BETTING_RESTRICTED_LOCATION"
    TRADING_MASTER = "TRADING_MASTER"
    TRADING_MASTER_SUSPENDED = "TRADING_MASTER_SUSPENDED"
    AGENT_CLIENT_MASTER = "AGENT_CLIENT_MASTER"
    AGENT_CLIENT_MASTER_SUSPENDED = "AGENT_CLIENT_MASTER_SUSPENDED"
    DANISH_AUTHORIZATION_REQUIRED = "DANISH_AUTHORIZATION_REQUIRED"
    DENMARK_MIGRATION_REQUIRED = "DENMARK_MIGRATION_REQUIRED"
    SPAIN_MIGRATION_REQUIRED = "SPAIN_MIGRATION_REQUIRED"
    ITALY_MIGRATION_REQUIRED = "ITALY_MIGRATION_REQUIRED"
    MIGRATION_REQUIRED = "MIGRATION_REQUIRED"
    SPANISH_TERMS_ACCEPTANCE_REQUIRED = "SPANISH_TERMS_ACCEPTANCE_REQUIRED"
    ITALIAN_CONTRACT_ACCEPTANCE_REQUIRED = "ITALIAN_CONTRACT_ACCEPTANCE_REQUIRED"
    ITALIAN_PROFILING_ACCEPTANCE_REQUIRED = "ITALIAN_PROFILING_ACCEPTANCE_REQUIRED"
    INTERNATIONAL_TERMS_ACCEPTANCE_REQUIRED = "INTERNATIONAL_TERMS_ACCEPTANCE_REQUIRED"
    TERMS_AND_CONDITIONS = "TERMS_AND_CONDITIONS"
    PERSONAL_MESSAGE_REQUIRED = "PERSONAL_MESSAGE_REQUIRED"
    ACTIONS_REQUIRED = "ACTIONS_REQUIRED"
    CERT_AUTH_REQUIRED = "CERT_AUTH_REQUIRED"
    """The client certificate is missing, or is not linked to the account."""
    EMAIL_LOGIN_NOT_ALLOWED = "EMAIL_LOGIN_NOT_ALLOWED"
    MULTIPLE_USERS_WITH_SAME_CREDENTIAL = "MULTIPLE_USERS_WITH_SAME_CREDENTIAL"
    STRONG_AUTH_CODE_REQUIRED = "STRONG_AUTH_CODE_REQUIRED"
    STRONG_CODE_FAIL = "STRONG_CODE_FAIL"
    MULTI_FACTOR_AUTHENTICATION_REQUIRED = "MULTI_FACTOR_AUTHENTICATION_REQUIRED"
    AUTHORIZED_ONLY_FOR_DOMAIN_RO = "AUTHORIZED_ONLY_FOR_DOMAIN_RO"
    AUTHORIZED_ONLY_FOR_DOMAIN_SE = "AUTHORIZED_ONLY_FOR_DOMAIN_SE"
    AUTHORIZED_ONLY_FOR_DOMAIN_ES = "AUTHORIZED_ONLY_FOR_DOMAIN_ES"
    NOT_AUTHORIZED_FOR_DOMAIN_ES = "NOT_AUTHORIZED_FOR_DOMAIN_ES"
    NOT_AUTHORIZED_FOR_DOMAIN_IT = "NOT_AUTHORIZED_FOR_DOMAIN_IT"
    NOT_AUTHORIZED_FOR_DOMAIN_COM = "NOT_AUTHORIZED_FOR_DOMAIN_COM"
    SWEDEN_NATIONAL_IDENTIFIER_REQUIRED = "SWEDEN_NATIONAL_IDENTIFIER_REQUIRED"
    SWEDEN_BANK_ID_VERIFICATION_REQUIRED = "SWEDEN_BANK_ID_VERIFICATION_REQUIRED"
    TEMPORARY_BAN_TOO_MANY_REQUESTS = "TEMPORARY_BAN_TOO_MANY_REQUESTS"
    """Too many logins; banned for 20 minutes."""
    INPUT_VALIDATION_ERROR = "INPUT_VALIDATION_ERROR"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    INVALID_PIN = "INVALID_PIN"
    INVALID_PIN_LOGIN_REQUEST = "INVALID_PIN_LOGIN_REQUEST"
    PIN_DELETED_ON_FAILED_COUNT_EXCEEDED = "PIN_DELETED_ON_FAILED_COUNT_EXCEEDED"
    UNRECOGNIZED_DEVICE = "UNRECOGNIZED_DEVICE"
    FORBIDDEN = "FORBIDDEN"
    NO_SESSION = "NO_SESSION"


class ServiceErrorCode(StrEnum):
    """Why a service of Betfair's refuses a call: of betting, accounts, heartbeat and race status."""

    TOO_MUCH_DATA = "TOO_MUCH_DATA"
    """Weights or limits of one request are exceeded."""
    INVALID_INPUT_DATA = "INVALID_INPUT_DATA"
    INVALID_SESSION_INFORMATION = "INVALID_SESSION_INFORMATION"
    """The session token is invalid or has expired."""
    NO_APP_KEY = "NO_APP_KEY"
    NO_SESSION = "NO_SESSION"
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"
    INVALID_APP_KEY = "INVALID_APP_KEY"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    """Too many in flight."""
    SERVICE_BUSY = "SERVICE_BUSY"
    TIMEOUT_ERROR = "TIMEOUT_ERROR"
    """Something behind the service timed out; an order may have been placed all the same."""
    APP_KEY_CREATION_FAILED = "APP_KEY_CREATION_FAILED"
    DUPLICATE_APP_NAME = "DUPLICATE_APP_NAME"
    APP_CREATION_FAILED = "APP_CREATION_FAILED"
    REQUEST_SIZE_EXCEEDS_LIMIT = "REQUEST_SIZE_EXCEEDS_LIMIT"
    """More than 250 ids of bets and markets."""
    ACCESS_DENIED = "ACCESS_DENIED"
    INVALID_MARKET_GROUP = "INVALID_MARKET_GROUP"
    EXPOSURE_LIMIT_NOT_EXIST = "EXPOSURE_LIMIT_NOT_EXIST"
    MARKET_GROUP_NOT_BLOCKED = "MARKET_GROUP_NOT_BLOCKED"
    SUBSCRIPTION_EXPIRED = "SUBSCRIPTION_EXPIRED"
    INVALID_SUBSCRIPTION_TOKEN = "INVALID_SUBSCRIPTION_TOKEN"  # noqa: S105 - the name of an error
    INVALID_CLIENT_REF = "INVALID_CLIENT_REF"
    WALLET_TRANSFER_ERROR = "WALLET_TRANSFER_ERROR"
    INVALID_VENDOR_CLIENT_ID = "INVALID_VENDOR_CLIENT_ID"
    USER_NOT_SUBSCRIBED = "USER_NOT_SUBSCRIBED"
    INVALID_SECRET = "INVALID_SECRET"  # noqa: S105 - the name of an error
    INVALID_AUTH_CODE = "INVALID_AUTH_CODE"
    INVALID_GRANT_TYPE = "INVALID_GRANT_TYPE"
    CUSTOMER_ACCOUNT_CLOSED = "CUSTOMER_ACCOUNT_CLOSED"
    SESSION_LIMIT_EXCEEDED = "SESSION_LIMIT_EXCEEDED"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    """Race status only."""
