"""The edge in a process of its own, without eventlet, as production runs it; prints what it found.

Run by `test_native_edge.py`: the process of the tests is green, and stays so.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
from eventlet import patcher

from services.gateway.service import create_app
from shared.runtime.database import ServiceDatabase
from shared.runtime.edge import edge_of
from shared.runtime.in_process.broker import register
from tests.component.gateway.browser import API, PASSWORD
from tests.component.gateway.edge_settings import EdgeSettings
from tests.unit.gateway.files.uploads import a_picture


async def story(data: Path) -> dict[str, Any]:
    """Sign in, upload and download, several at once, with no service behind."""
    settings = EdgeSettings(data=data, broker="deserted")
    database = ServiceDatabase(settings, "gateway")
    app = create_app(settings, edge_of(settings, "gateway"), database)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://edge") as client,
    ):
        form = {"username": "member", "password": PASSWORD}
        sign_ins = await asyncio.gather(
            *(client.post(f"{API}/auth/token", data=form) for _ in range(3))
        )
        client.headers["Authorization"] = f"Bearer {sign_ins[0].json()['access_token']}"
        picture = a_picture(size=(4000, 3000))
        uploads = await asyncio.gather(
            *(client.post(f"{API}/files", files={"file": picture}) for _ in range(3))
        )
        kept = uploads[0].json()
        given = await client.get(f"{API}/files/{kept['id']}")
        ready = await client.get("/readyz")
    database.close()
    return {
        "is_green": bool(patcher.is_monkey_patched("thread")),
        "sign_ins": [answer.status_code for answer in sign_ins],
        "uploads": [answer.status_code for answer in uploads],
        "given_whole": len(given.content) == kept["size"],
        "away": [error["field"] for error in ready.json()["errors"]],
    }


if __name__ == "__main__":
    register()
    sys.stdout.write(json.dumps(asyncio.run(story(Path(sys.argv[1])))))
