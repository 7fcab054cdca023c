"""wampy 1.1.0. See run.py. It tells the message of an ABORT alone."""
import gevent.monkey

gevent.monkey.patch_all()

import logging  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

sys.path.remove(os.path.dirname(os.path.abspath(__file__)))  # this file is not the module of that name

from wampy.constants import DEFAULT_ROLES  # noqa: E402
from wampy.errors import WampyError  # noqa: E402
from wampy.peers.clients import Client  # noqa: E402

logging.disable(logging.CRITICAL)


def main(url, method, authid, secret):
    os.environ["WAMPYSECRET"] = secret
    client = Client(url=url, roles={**DEFAULT_ROLES, "authmethods": [method], "authid": authid})
    try:
        client.start()
    except WampyError as e:
        print("refused", "wamp.error.authentication_denied" if "credentials" in str(e) else e)
        return
    details = client.call("wamp.session.get", client.session.id)
    print(details["authid"], details["authrole"])
    client.stop()


main(*sys.argv[1:])
