"""Take the pictures of docs/images from a running demo: `python tools/make_panel_picture.py http://127.0.0.1:8080/`."""

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

WINDOW = {"width": 1280, "height": 1010}
CHROMIUM = "/usr/bin/chromium"
IMAGES = Path(__file__).parents[1] / "docs" / "images"
OPENED = ("meter_cover_open", "module_cover_open", "terminal_cover_open", "strong_field", "calibration_seal_broken")


def main() -> None:
    """Photograph the page after a minute of life, and in the dark with covers, seal and magnet."""
    panel = sys.argv[1]
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=WINDOW)
        page.goto(panel)
        page.wait_for_timeout(60_000)
        page.screenshot(path=IMAGES / "panel.png")
        _override(panel, dict.fromkeys(OPENED, True))
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(4_000)
        page.screenshot(path=IMAGES / "panel-open.png")
        _override(panel, dict.fromkeys(OPENED))
        browser.close()


def _override(panel: str, change: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{panel}api/bench/override", json.dumps(change).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


main()
