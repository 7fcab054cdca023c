"""Runs tests that are plain functions: those named on the command line, or all."""
import concurrent.futures
import sys
import traceback


def fails(test):
    try:
        test()
    except Exception:  # noqa: BLE001 -- whatever it is, the others are run
        print(f"FAILED {test.__name__}\n{traceback.format_exc()}")
        return True
    return False


def run(tests, at_once=1):
    wanted = [t for t in tests if not sys.argv[1:] or t.__name__ in sys.argv[1:]]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        failed = sum(pool.map(fails, wanted))
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(failed > 0)
