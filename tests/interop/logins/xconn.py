"""xconn for Python. See run.py."""
import asyncio
import os
import sys

sys.path.remove(os.path.dirname(os.path.abspath(__file__)))  # this file is not the module of that name

from wampproto import auth  # noqa: E402
from xconn import JSONSerializer  # noqa: E402
from xconn.async_client import connect  # noqa: E402

AUTHENTICATORS = {"ticket": auth.TicketAuthenticator, "wampcra": auth.WAMPCRAAuthenticator,
                  "cryptosign": auth.CryptoSignAuthenticator}


async def main(url, method, authid, secret):
    try:
        session = await connect(url, "realm1", AUTHENTICATORS[method](authid, secret), JSONSerializer())
    except Exception as e:  # noqa: BLE001 -- it has no class of its own for refusals
        print("refused", next((word for word in str(e).split() if word.startswith("wamp.error.")), e))
        return
    details = (await session.call("wamp.session.get", [session._base_session.id])).args[0]
    print(details["authid"], details["authrole"])


asyncio.run(main(*sys.argv[1:]))
