"""``betflow doctor``: everything that has to be right before betflow can work, each thing measured."""

from betflow.errors import ExitCode, Finding
from betflow.jobs.checks import Check, Result
from betflow.jobs.connecting import missing_credentials
from betflow.jobs.doctor_betfair import check_betfair
from betflow.jobs.doctor_machine import check_machine
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext


def doctor(context: RunContext) -> Outcome:
    """
    Look at this machine, the certificate, Betfair's services, and the account.

    Without an account everything is looked at that needs none. The exit code is that of the first check that
    failed: 3 for what is set or is on this machine, 4 for the login, 5 for services that cannot be reached.
    """
    checks = list(check_machine(context))
    checks += check_betfair(context, unable=_why_nobody_can_log_in(context, checks))
    failed = [each for each in checks if each.result is Result.FAIL]
    results = [each.result for each in checks]
    data = {
        "checks": [
            {
                "name": each.name,
                "result": each.result,
                "measured": each.measured,
                "advice": each.advice or None,
            }
            for each in checks
        ],
        **{result.value: results.count(result) for result in Result},
    }
    return Outcome(
        data, tuple(map(_finding, failed)), exit_code=failed[0].exit_code if failed else ExitCode.OK
    )


def _why_nobody_can_log_in(context: RunContext, checks: list[Check]) -> str:
    if missing_credentials(context.settings.betfair):
        return "there is no account to log in with"
    if any(each.name.startswith("certificate") and each.result is Result.FAIL for each in checks):
        return "the certificate cannot be used"
    return ""


def _finding(check: Check) -> Finding:
    return Finding(f"doctor.{check.name}", check.name, f"{check.measured} {check.advice}".rstrip())
