"""What a person sees while the platform starts, in every profile the same."""

from rich.console import Console

from shared.runtime.settings import Settings

console = Console(highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """Tell what is being done."""
    console.print(f"· {line}")


def refuse(reason: Exception) -> None:
    """Tell why it cannot be done."""
    console.print(str(reason), style="red", markup=False)


def welcome(settings: Settings, password: str | None, seconds: float, ending: str) -> None:
    """Tell where the platform is, who may sign in, and how it is stopped."""
    url = url_of(settings)
    console.print(f"\n[bold]网格平台已就绪 · Wangge is ready[/bold] ({seconds:.1f} s)")
    console.print(f"  起始页 · start page   {url}/")
    console.print(f"  接口 · API            {url}/openapi.json")
    console.print("  账号 · accounts       district street community member mediator petition")
    console.print("                        blacklist enforcement department auditor admin")
    if password is not None:
        console.print(
            f"  密码 · password       [bold]{password}[/bold]  （只显示这一次 · shown this once）"
        )
    elif settings.demo_password is not None:
        console.print("  密码 · password       WANGGE_DEMO_PASSWORD")
    else:
        console.print("  密码 · password       首次启动时已显示 · printed at the first start")
    console.print(f"  {ending}\n")


def url_of(settings: Settings) -> str:
    """Return where the edge of this machine answers."""
    return f"{'https' if settings.speaks_tls else 'http'}://{settings.host}:{settings.port}"
