"""The settings for a command that works on the platform's own parts, and its refusals as one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.cli.cannot_do import CannotDo, Interrupted

if TYPE_CHECKING:
    from shared.runtime.settings import Settings


@contextmanager
def settings_told() -> Iterator["Settings"]:
    """Give the settings; tell in one line why something cannot be done."""
    from deploy.cli.databases import no_keys
    from deploy.data_folder import CannotStart
    from shared.kernel.errors import Refusal
    from shared.runtime.keyring import KeyringUnusable
    from shared.runtime.settings import SettingsInvalid, load_settings

    try:
        yield load_settings()
    except SettingsInvalid as invalid:
        raise CannotDo(
            "环境变量不合要求。", "The settings are wrong.", str(invalid).splitlines()
        ) from None
    except CannotStart as reason:
        en, _, zh = str(reason).rpartition(" · ")
        raise CannotDo(zh, en) from None
    except KeyringUnusable as reason:
        raise no_keys(reason) from None
    except Refusal as refusal:
        raise CannotDo(refusal.zh, refusal.en) from None
    except KeyboardInterrupt:
        raise Interrupted(
            "已中断；重新运行即接着做；up 已启动的，用 make down 清理。",
            "Interrupted; run it again and it goes on; what up has started, make down clears away.",
        ) from None
