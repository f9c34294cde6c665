"""
What the identity service answers: to a login by certificate, to an interactive one, to keepAlive and logout.

None of these shows a session token in its ``repr``.

Source: "Non-Interactive (bot) login", "Interactive Login - API Endpoint", "Keep Alive", "Logout"; recorded
answers.
"""

import msgspec


class CertLogin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The answer to a login by certificate: a token, or the reason why there is none."""

    login_status: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"CertLogin(login_status={self.login_status!r})"


class IdentityAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    The answer to an interactive login, to keepAlive and to logout.

    `status` is ``SUCCESS``, ``LIMITED_ACCESS`` (a token for an account that cannot bet), ``LOGIN_RESTRICTED``
    or ``FAIL``, and `error` the reason. `product` is the app key that was sent.
    """

    status: str
    token: str | None = None
    product: str | None = None
    error: str | None = None
    last_login_date: str | None = None

    def __repr__(self) -> str:
        return f"IdentityAnswer(status={self.status!r}, error={self.error!r})"
