"""`wangge personal`: what is kept about a person, told to him and put right (PIPL, articles 45 and 46)."""

from typing import Annotated

import typer

personal = typer.Typer(
    no_args_is_help=True,
    help="个人信息：应本人请求查阅、更正 · personal data: told to the person, and put right",
)

# Asked for, never an argument: process lists and shell histories hold those.
Phone = Annotated[
    str, typer.Option(prompt="电话 · telephone", envvar="WANGGE_PERSON_PHONE", show_envvar=False)
]
Reason = Annotated[str, typer.Option(help="理由，记入审计链 · why; it stays in the audit trail")]


@personal.command("report")
def report(reason: Reason, phone: Phone) -> None:
    """列出按此电话保存的个人信息 · show what is kept under a telephone number.

    例 · example: wangge personal report --reason "本人申请查阅，已核验身份"
    """
    from deploy.cli import personal_work  # SQLAlchemy is slow to load for --help

    personal_work.report(phone, reason)


@personal.command("report-by-id")
def report_by_id(
    reason: Reason,
    id_number: Annotated[
        str,
        typer.Option(
            prompt="公民身份号码 · identity number", envvar="WANGGE_PERSON_ID", show_envvar=False
        ),
    ],
) -> None:
    """列出登记簿中按公民身份号码保存的个人信息 · show what the register keeps under an identity number.

    例 · example: wangge personal report-by-id --reason "本人申请查阅，已核验身份"
    """
    from deploy.cli import personal_work  # as above

    personal_work.report_by_id(id_number, reason)


@personal.command("correct")
def correct(
    reason: Reason,
    phone: Phone,
    new_name: Annotated[str, typer.Option(prompt="姓名改为 · the right name")],
    new_phone: Annotated[str, typer.Option(prompt="电话改为 · the right telephone")],
) -> None:
    """更正此电话名下的姓名与电话 · put name and number right wherever a telephone number stands.

    例 · example: wangge personal correct --reason "本人申请更正，已核验身份"
    """
    from deploy.cli import personal_work  # as above

    personal_work.correct(phone, new_name, new_phone, reason)
