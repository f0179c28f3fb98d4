"""Who asks: the account named on the command line, and its password from the environment or a person."""

import os
import sys
from dataclasses import dataclass, field

import typer

from deploy.cli.cannot_do import CannotDo

ONE_TIME_CODE = "WANGGE_OTP"
VARIABLES = ("WANGGE_PASSWORD", "WANGGE_DEMO_PASSWORD")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with its password."""

    account: str
    password: str = field(repr=False)


def credentials_of(account: str) -> Credentials:
    """Return the account with the password the environment holds, or else a person types.

    Raises:
        CannotDo: the environment has none and nobody is there to ask.
    """
    for variable in VARIABLES:
        if password := os.environ.get(variable):
            return Credentials(account, password)
    if not sys.stdin.isatty():
        raise CannotDo(
            f"缺少账号 {account} 的密码：请设置环境变量 WANGGE_PASSWORD。",
            f"The password of {account} is missing: set the environment variable WANGGE_PASSWORD.",
        )
    password = typer.prompt(f"{account} 的密码 · password of {account}", hide_input=True, err=True)
    return Credentials(account, password)


def one_time_code(account: str) -> str:
    """Return the code of the account's second factor, from the environment or a person.

    Raises:
        CannotDo: the environment has none and nobody is there to ask.
    """
    if code := os.environ.get(ONE_TIME_CODE):
        return code
    if not sys.stdin.isatty():
        raise CannotDo(
            f"账号 {account} 启用了动态口令：请设置环境变量 {ONE_TIME_CODE}。",
            f"The account {account} has a second factor: set the environment variable {ONE_TIME_CODE}.",
        )
    code = typer.prompt(f"{account} 的动态口令 · code of {account}", err=True)
    return str(code).strip()
