"""`wangge provision`: users, roles, schemas and rights on a broker and a database that stand elsewhere."""

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.cli.telling import settings_told


def provision() -> None:
    """在已有的消息服务和数据库上建立用户与权限 · make users and rights on a given broker and database.

    例 · example, with a file of URLs for each service and two administrators' URLs:

    WANGGE_CREDENTIALS=credentials.json WANGGE_AMQP_ADMIN_URL=http://admin:…@broker:15672 \
    WANGGE_DATABASE_URL=postgresql://postgres:…@database/postgres wangge provision
    """
    import psycopg2  # drivers are slow to load for --help

    from deploy.provisioning.elsewhere import provision as make_ready

    try:
        with settings_told() as settings:
            make_ready(settings)
    except psycopg2.Error as error:
        said = str(error).partition("\n")[0]
        raise CannotDo(
            "数据库不可用，请检查 WANGGE_DATABASE_URL。", f"The database cannot be used: {said}"
        ) from None
    screen.show("用户与权限已就绪 · users and rights are in place")
