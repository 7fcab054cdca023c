"""Runs tests that are plain functions: those named on the command line, or all."""
import sys
import traceback


def run(tests):
    failed, wanted = 0, [t for t in tests if not sys.argv[1:] or t.__name__ in sys.argv[1:]]
    for test in wanted:
        try:
            test()
        except Exception:  # noqa: BLE001 -- whatever it is, the others are run
            failed += 1
            print(f"FAILED {test.__name__}")
            traceback.print_exc(file=sys.stdout)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(failed > 0)
