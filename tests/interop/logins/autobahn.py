"""autobahn for Python. See run.py."""
import asyncio
import os
import sys

sys.path.remove(os.path.dirname(os.path.abspath(__file__)))  # this file is not the module of that name

from autobahn.asyncio.component import Component  # noqa: E402

SECRETS = {"ticket": "ticket", "wampcra": "secret", "scram": "password", "cryptosign": "privkey"}


async def main(url, method, authid, secret):
    credentials = {"authid": authid, SECRETS[method]: secret}
    component = Component(transports=[{"type": "websocket", "url": url, "max_retries": 0}], realm="realm1",
                          authentication={method: credentials})
    done = asyncio.get_running_loop().create_future()

    def on_join(session, details):
        done.done() or done.set_result(f"{details.authid} {details.authrole}")

    def on_leave(session, details):
        done.done() or done.set_result(f"refused {details.reason}")

    component.on("join", on_join)
    component.on("leave", on_leave)
    component.start(loop=asyncio.get_running_loop())
    print(await asyncio.wait_for(done, 20))


asyncio.run(main(*sys.argv[1:]))
