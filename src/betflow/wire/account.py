"""
The account: funds, details, statement, currency rates and app keys; requests and answers.

Amounts are floats in the account's currency, but for the rates. See `betflow.wire.catalogue` for what
holds for all requests and answers.

Source: AccountAPING.xml; "Accounts TypeDefinitions", "getAccountStatement"; recorded answers.
"""

import msgspec

from betflow.wire.catalogue import TimeRange
from betflow.wire.enums import IncludeItem, Wallet


class GetAccountFunds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of getAccountFunds."""

    wallet: Wallet | None = None


class AccountFundsResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    What can be bet.

    `exposure` is 0 or negative, `exposure_limit` negative (0: none), `discount_rate` a percentage.
    """

    available_to_bet_balance: float | None = None
    exposure: float | None = None
    retained_commission: float | None = None
    exposure_limit: float | None = None
    discount_rate: float | None = None
    points_balance: int | None = None
    wallet: str | None = None


class GetAccountDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of getAccountDetails: none."""


class AccountDetailsResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Whose account it is, and its currency."""

    currency_code: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    locale_code: str | None = None
    region: str | None = None
    timezone: str | None = None
    discount_rate: float | None = None
    points_balance: int | None = None
    country_code: str | None = None


class GetAccountStatement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The parameters of getAccountStatement: the last 90 days, newest first.

    A page has at most 100 items. `item_date_range` counts only where all items are included.
    """

    locale: str | None = None
    from_record: int | None = None
    record_count: int | None = None
    item_date_range: TimeRange | None = None
    include_item: IncludeItem | None = None
    wallet: Wallet | None = None


class StatementLegacyData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What a statement item is about. `event_id` holds the digits of the market id behind ``1.``."""

    avg_price: float | None = None
    bet_size: float | None = None
    bet_type: str | None = None
    bet_category_type: str | None = None
    commission_rate: str | None = None
    event_id: int | None = None
    event_type_id: int | None = None
    full_market_name: str | None = None
    gross_bet_amount: float | None = None
    market_name: str | None = None
    market_type: str | None = None
    placed_date: str | None = None
    selection_id: int | None = None
    selection_name: str | None = None
    start_date: str | None = None
    transaction_type: str | None = None
    transaction_id: int | None = None
    win_lose: str | None = None
    dead_heat_price_divisor: float | None = None
    avg_price_raw: float | None = None


class StatementItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One movement of money, and the balance after it; `item_class_data` holds JSON as text."""

    item_date: str | None = None
    ref_id: str | None = None
    amount: float | None = None
    balance: float | None = None
    item_class: str | None = None
    item_class_data: dict[str, str | None] | None = None
    legacy_data: StatementLegacyData | None = None


class AccountStatementReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A page of the statement."""

    account_statement: tuple[StatementItem, ...]
    more_available: bool


class ListCurrencyRates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of listCurrencyRates; Betfair knows rates from GBP only."""

    from_currency: str | None = None


class CurrencyRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """How much of a currency a pound is; renewed every hour."""

    currency_code: str | None = None
    rate: float | None = None


class GetDeveloperAppKeys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of getDeveloperAppKeys: none."""


class CreateDeveloperAppKeys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of createDeveloperAppKeys; the name is unique and does not contain the username."""

    app_name: str


class DeveloperAppVersion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An app key, live or delayed; how it shows itself leaves out what is secret."""

    owner: str | None = None
    version_id: int | None = None
    version: str | None = None
    application_key: str | None = None
    subscription_required: bool | None = None
    owner_managed: bool | None = None
    active: bool | None = None
    delay_data: bool | None = None
    vendor_id: str | None = None
    vendor_secret: str | None = None

    def __repr__(self) -> str:
        delayed = "unknown" if self.delay_data is None else self.delay_data
        return f"DeveloperAppVersion(version={self.version!r}, active={self.active}, delay_data={delayed})"


class DeveloperApp(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The app keys of an account."""

    app_name: str | None = None
    app_id: int | None = None
    app_versions: tuple[DeveloperAppVersion, ...] | None = None


class TransferFunds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The parameters of transferFunds, of the time when Australia had a wallet of its own."""

    from_: Wallet = msgspec.field(name="from")
    to: Wallet
    amount: float


class TransferResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The receipt of a transfer."""

    transaction_id: str
