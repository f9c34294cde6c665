"""
Why Betfair does not let somebody in, in words, and what to do about it.

Source: "Non-Interactive (bot) login", "Interactive Login - API Endpoint", "Login & Session Management".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoginStatus:
    """
    What a status of the identity service means.

    Attributes:
        meaning: What is the matter.
        advice: What to do.
        passing: Whether it may be gone a moment later.
    """

    meaning: str
    advice: str
    passing: bool = False


_WEBSITE = "Log in on Betfair's website once and do what it asks for, then try again."
_SUPPORT = "Ask Betfair's customer service; until they have mended it no login will work."
_TERMS = "Log in on Betfair's website and accept the terms there, then try again."
_DOMAIN = (
    "Set BETFAIR_JURISDICTION to that of your account: international, australia, italy, spain, romania or "
    "sweden."
)
_LATER = "Try again in a few minutes."

LOGIN_STATUSES: Mapping[str, LoginStatus] = {
    "INVALID_USERNAME_OR_PASSWORD": LoginStatus(
        "username or password is wrong",
        "Correct BETFAIR_USERNAME and BETFAIR_PASSWORD before you try again: a few wrong passwords lock the "
        "account. With two-step authentication, the interactive login wants the code at the end of the "
        "password.",
    ),
    "ACCOUNT_NOW_LOCKED": LoginStatus(
        "the account has just been locked, after too many wrong passwords",
        "Unlock it with 'Forgot password' on Betfair's website, then correct BETFAIR_PASSWORD.",
    ),
    "ACCOUNT_ALREADY_LOCKED": LoginStatus(
        "the account is locked", "Unlock it with 'Forgot password' on Betfair's website."
    ),
    "ACCOUNT_PENDING_PASSWORD_CHANGE": LoginStatus(
        "the password has to be recovered before the account can be used",
        "Use 'Forgot password' on Betfair's website, then correct BETFAIR_PASSWORD.",
    ),
    "CHANGE_PASSWORD_REQUIRED": LoginStatus(
        "the password has to be changed", "Change it on Betfair's website, then correct BETFAIR_PASSWORD."
    ),
    "PENDING_AUTH": LoginStatus("the account is waiting for its authentication", _WEBSITE),
    "TELBET_TERMS_CONDITIONS_NA": LoginStatus("the terms of telephone betting were not accepted", _TERMS),
    "DUPLICATE_CARDS": LoginStatus("a payment card is registered with two accounts", _SUPPORT),
    "SECURITY_QUESTION_WRONG_3X": LoginStatus(
        "the security question was answered wrong three times", _SUPPORT
    ),
    "KYC_SUSPEND": LoginStatus(
        "the account is suspended until Betfair knows its customer",
        "Upload the documents that Betfair asks for on its website.",
    ),
    "SUSPENDED": LoginStatus("the account is suspended", _SUPPORT),
    "CLOSED": LoginStatus("the account is closed", _SUPPORT),
    "SELF_EXCLUDED": LoginStatus(
        "you have excluded yourself from betting", "The account cannot be used before that time is over."
    ),
    "CONTACT_VERIFICATION_REQUIRED": LoginStatus(
        "documents or contact details have to be verified again (Betfair may ask every 12 months)", _WEBSITE
    ),
    "INVALID_CONNECTIVITY_TO_REGULATOR": LoginStatus("the regulator cannot be reached", _LATER, passing=True),
    "INVALID_CONNECTIVITY_TO_REGULATOR_DK": LoginStatus(
        "the Danish regulator cannot be reached", _LATER, passing=True
    ),
    "INVALID_CONNECTIVITY_TO_REGULATOR_IT": LoginStatus(
        "the Italian regulator cannot be reached", _LATER, passing=True
    ),
    "NOT_AUTHORIZED_BY_REGULATOR": LoginStatus("the regulator does not let you in", _SUPPORT),
    "NOT_AUTHORIZED_BY_REGULATOR_DK": LoginStatus("the Danish regulator does not let you in", _SUPPORT),
    "NOT_AUTHORIZED_BY_REGULATOR_IT": LoginStatus("the Italian regulator does not let you in", _SUPPORT),
    "SECURITY_RESTRICTED_LOCATION": LoginStatus(
        "the login comes from a place that Betfair does not allow",
        "Log in from a country where Betfair is licensed; many data centres count as elsewhere.",
    ),
    "BETTING_RESTRICTED_LOCATION": LoginStatus(
        "the login comes from a place where betting is not allowed",
        "Log in from a country where Betfair is licensed; many data centres count as elsewhere.",
    ),
    "TRADING_MASTER": LoginStatus("a trading master account cannot log in here", "Use a sub-account of it."),
    "TRADING_MASTER_SUSPENDED": LoginStatus("the trading master account is suspended", _SUPPORT),
    "AGENT_CLIENT_MASTER": LoginStatus(
        "an agent's master account cannot log in here", "Use a client's account."
    ),
    "AGENT_CLIENT_MASTER_SUSPENDED": LoginStatus("the agent's master account is suspended", _SUPPORT),
    "DANISH_AUTHORIZATION_REQUIRED": LoginStatus(
        "a Danish authorisation is needed",
        "Log in on Betfair's website. Customers in Denmark cannot log in with a certificate: unset it.",
    ),
    "DENMARK_MIGRATION_REQUIRED": LoginStatus("the account has to be moved to the Danish service", _WEBSITE),
    "SPAIN_MIGRATION_REQUIRED": LoginStatus("the account has to be moved to the Spanish service", _WEBSITE),
    "ITALY_MIGRATION_REQUIRED": LoginStatus("the account has to be moved to the Italian service", _WEBSITE),
    "MIGRATION_REQUIRED": LoginStatus("the account has to be moved to another service (Brazil)", _WEBSITE),
    "SPANISH_TERMS_ACCEPTANCE_REQUIRED": LoginStatus("the Spanish terms were not accepted yet", _TERMS),
    "ITALIAN_CONTRACT_ACCEPTANCE_REQUIRED": LoginStatus("the Italian contract was not accepted yet", _TERMS),
    "ITALIAN_PROFILING_ACCEPTANCE_REQUIRED": LoginStatus(
        "the Italian conditions of profiling were not accepted yet", _TERMS
    ),
    "INTERNATIONAL_TERMS_ACCEPTANCE_REQUIRED": LoginStatus("the terms were not accepted yet", _TERMS),
    "TERMS_AND_CONDITIONS": LoginStatus("the terms were not accepted yet (Brazil)", _TERMS),
    "PERSONAL_MESSAGE_REQUIRED": LoginStatus("a personal message has to be set", _WEBSITE),
    "ACTIONS_REQUIRED": LoginStatus("the website wants something done first", _WEBSITE),
    "CERT_AUTH_REQUIRED": LoginStatus(
        "the client certificate is missing, or is not the one of the account",
        "Upload the certificate (.crt) under My Account > Security > Automated Betting Program Access, and "
        "name it in BETFAIR_CERT_CRT and BETFAIR_CERT_KEY, or BETFAIR_CERT_PATH.",
    ),
    "EMAIL_LOGIN_NOT_ALLOWED": LoginStatus(
        "the account does not log in with an e-mail address", "Set BETFAIR_USERNAME to the username."
    ),
    "MULTIPLE_USERS_WITH_SAME_CREDENTIAL": LoginStatus(
        "several accounts have this username or e-mail address", "Set BETFAIR_USERNAME to the username."
    ),
    "STRONG_AUTH_CODE_REQUIRED": LoginStatus(
        "the code of the two-step authentication is missing",
        "Log in with a certificate, which needs no code, or put the code at the end of the password.",
    ),
    "STRONG_CODE_FAIL": LoginStatus(
        "the code of the two-step authentication is wrong, or was used before",
        "Log in with a certificate, which needs no code, or wait for the next code.",
    ),
    "MULTI_FACTOR_AUTHENTICATION_REQUIRED": LoginStatus(
        "the account wants a second factor", "Log in with a certificate, which needs none."
    ),
    "AUTHORIZED_ONLY_FOR_DOMAIN_RO": LoginStatus("the account is one of Betfair Romania", _DOMAIN),
    "AUTHORIZED_ONLY_FOR_DOMAIN_SE": LoginStatus("the account is one of Betfair Sweden", _DOMAIN),
    "AUTHORIZED_ONLY_FOR_DOMAIN_ES": LoginStatus("the account is one of Betfair Spain", _DOMAIN),
    "NOT_AUTHORIZED_FOR_DOMAIN_ES": LoginStatus("the account is none of Betfair Spain", _DOMAIN),
    "NOT_AUTHORIZED_FOR_DOMAIN_IT": LoginStatus("the account is none of Betfair Italy", _DOMAIN),
    "NOT_AUTHORIZED_FOR_DOMAIN_COM": LoginStatus("the account is none of the international Betfair", _DOMAIN),
    "SWEDEN_NATIONAL_IDENTIFIER_REQUIRED": LoginStatus("the Swedish personal number is missing", _WEBSITE),
    "SWEDEN_BANK_ID_VERIFICATION_REQUIRED": LoginStatus("BankID has to verify you", _WEBSITE),
    "TEMPORARY_BAN_TOO_MANY_REQUESTS": LoginStatus(
        "too many logins: Betfair lets nobody of this account log in for 20 minutes",
        "Wait that long; sessions that exist go on working. Then find out which program logs in so often: "
        "those of one machine share a session if they have the same data folder.",
    ),
    "INPUT_VALIDATION_ERROR": LoginStatus(
        "Betfair does not understand the request",
        "Check BETFAIR_APP_KEY, BETFAIR_USERNAME and BETFAIR_PASSWORD.",
    ),
    "INTERNAL_ERROR": LoginStatus("an error inside Betfair", _LATER, passing=True),
    "INVALID_PIN": LoginStatus("the PIN is wrong", "Use the password."),
    "INVALID_PIN_LOGIN_REQUEST": LoginStatus("a login by PIN is not possible", "Use the password."),
    "PIN_DELETED_ON_FAILED_COUNT_EXCEEDED": LoginStatus(
        "the PIN was deleted after too many attempts", "Use the password."
    ),
    "UNRECOGNIZED_DEVICE": LoginStatus("the device is not known to Betfair", _WEBSITE),
    "FORBIDDEN": LoginStatus("the login is forbidden", _SUPPORT),
    "NO_SESSION": LoginStatus("there is no session, or it has ended", "Log in again."),
    "LOGIN_RESTRICTED": LoginStatus("the account may not log in", _WEBSITE),
    "LIMITED_ACCESS": LoginStatus("the account may log in and not bet", _WEBSITE),
    "FAIL": LoginStatus("the login failed without a reason", "Check username, password and app key."),
}
"""Every documented status, by its code."""

_UNKNOWN = LoginStatus("a status that is not documented", _WEBSITE)


def explain(code: str) -> LoginStatus:
    """Return what a status means; one that is new has to be looked up."""
    return LOGIN_STATUSES.get(code, _UNKNOWN)
