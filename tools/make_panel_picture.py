"""Take docs/images/panel.png from a running demo: `python tools/make_panel_picture.py http://127.0.0.1:8080/`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1180, 1130
CHROMIUM = "/usr/bin/chromium"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "panel.png"


def main() -> None:
    """Let the page live for some seconds, then photograph it."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(sys.argv[1])
        page.wait_for_timeout(25_000)
        page.screenshot(path=PICTURE)
        browser.close()


main()
