"""
The app keys of an account, as the accounts API lists them: a live one and a delayed one.

Source: "Application Keys"; AccountAPING.xml.
"""

from betflow.sandbox.refusals import ServiceRefusal
from betflow.sandbox.sessions import Member
from betflow.wire.account import CreateDeveloperAppKeys, DeveloperApp, DeveloperAppVersion
from betflow.wire.enums import ServiceErrorCode

_APP_ID = 10001
_APP_NAME = "sandbox-app"


def developer_apps(member: Member) -> tuple[DeveloperApp, ...]:
    """Return the app of an account: there is one, with its two keys."""
    keys = ((member.live_key, "1.0", False), (member.delayed_key, "1.0-DELAY", True))
    versions = tuple(
        DeveloperAppVersion(
            owner=member.username,
            version_id=_APP_ID + number,
            version=version,
            application_key=key,
            delay_data=is_delayed,
            subscription_required=False,
            owner_managed=False,
            active=True,
        )
        for number, (key, version, is_delayed) in enumerate(keys, start=1)
    )
    return (DeveloperApp(app_name=_APP_NAME, app_id=_APP_ID, app_versions=versions),)


def create(member: Member, request: CreateDeveloperAppKeys) -> DeveloperApp:
    """
    Refuse to make app keys: an account has them once.

    Raises:
        ServiceRefusal: always; with the reason that Betfair gives.
    """
    if member.username.lower() in request.app_name.lower():
        raise ServiceRefusal(ServiceErrorCode.UNEXPECTED_ERROR)
    if request.app_name == _APP_NAME:
        raise ServiceRefusal(ServiceErrorCode.APP_KEY_CREATION_FAILED)
    raise ServiceRefusal(ServiceErrorCode.APP_CREATION_FAILED)
