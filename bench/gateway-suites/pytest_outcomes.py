# A plugin of pytest: writes the outcome of each test as a line of JSON to the file that GATEWAY_SUITES_OUTCOMES names.
import json
import os

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
