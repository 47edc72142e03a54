# A plugin of pytest: writes the outcome of each test as a line of JSON to the file that GATEWAY_SUITES_OUTCOMES names,
# and lets the official client's tests empty an engine that has no data streams.
import json
import os
import sys

words = {"passed": "passed", "failed": "failed", "skipped": "skipped"}


def pytest_runtest_logreport(report):
    # A test has up to three reports; the set-up and the end count when they did not pass.
    if report.when != "call" and report.outcome == "passed":
        return
    detail = ""
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        detail = str(report.longrepr[2])
    elif report.longrepr is not None:
        crash = getattr(report.longrepr, "reprcrash", None)
        detail = crash.message if crash else str(report.longrepr)
    line = {"id": report.nodeid, "outcome": words[report.outcome], "detail": detail[:400]}
    with open(os.environ["GATEWAY_SUITES_OUTCOMES"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pytest_collection_finish(session):
    utils = sys.modules.get("test_elasticsearch.utils")
    if utils is None:
        return
    wipe = utils.wipe_data_streams

    def wipe_what_there_is(client):
        try:
            wipe(client)
        except Exception as error:
            if "no handler found" not in str(error):
                raise

    utils.wipe_data_streams = wipe_what_there_is
