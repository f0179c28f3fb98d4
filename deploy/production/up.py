"""`wangge up`: the production platform, started unless it runs."""

import time

from deploy.announcing import say, welcome
from deploy.data_folder import check_port
from deploy.production.address import running_address
from deploy.production.down import clear_away
from deploy.production.folder import ProductionFolder
from deploy.production.supervisor import Supervisor
from deploy.production.turn import turn
from shared.runtime.settings import Settings

ENDING = "make status 查看 · shows it    make down 停止 · stops it"


def up(settings: Settings) -> None:
    """Start the platform unless it runs, and tell where it is.

    Raises:
        CannotStart: something is in the way; the text says what to do.
        Unavailable: the broker or the database is not installed.
    """
    began = time.monotonic()
    folder = ProductionFolder.of(settings.data)
    with turn(folder):
        supervisor = Supervisor(folder)
        if supervisor.answers():
            running = running_address(folder)
            if running is not None and supervisor.none_is_down() and running.is_ready():
                say(f"已在运行 · it is running already: {running.url}")
                return
            say("接着未完成的启动 · going on with a start that was not finished")
            if running is not None:  # where the edge was told to be, whatever is asked for now
                told = {"host": running.host, "port": running.port}
                settings = settings.model_copy(update=told)
        else:
            clear_away(folder)
            check_port(settings.host, settings.port)
        # The geometry of the example district is slow to load.
        from deploy.production.start import start

        password = start(settings, folder, supervisor)
        welcome(settings, password, time.monotonic() - began, ENDING)
