"""Pictures of the screens for the docs: `make screens` while a site with the demo content runs on port 8000."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

SITE = os.environ.get("SITE", "http://127.0.0.1:8000")
HERE = Path(__file__).parent / "screens"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SCREENS = (
    ("home", "/", "", 1440),
    ("practices", "/practices?country=KEN&country=SLE", "", 1440),
    ("practices", "/practices?q=framework", "", 360),
    ("practice", "/practices/demo-framework-hospital-consumables/", "", 1440),
    ("map", "/practices/map", "", 1440),
    ("map", "/practices/map", "", 360),
    ("gaps", "/practices/gaps", "", 1440),
    ("write", "/work/new/experience", "apprentice1", 1440),
    ("write", "/work/new/experience", "apprentice1", 360),
    ("review", "/review", "coach1", 1440),
    ("review-read", "/review/demo-preguntas-oferentes-respuestas", "coach1", 1440),
    ("manage", "/manage/programmes/innovative-procurement-reforms", "manager", 1440),
)


def main() -> None:
    """Take every picture."""
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, path, who, width in SCREENS:
            page = browser.new_context(viewport={"width": width, "height": 900 if width > 400 else 720}).new_page()
            if who:
                page.goto(f"{SITE}/sign-in")
                page.fill("#email", f"{who}@example.org")
                page.fill("#password", "procurement-demo")
                page.click("main form button")
            page.goto(SITE + path)
            page.screenshot(path=HERE / f"{name}-{width}.png")
        browser.close()


if __name__ == "__main__":
    main()
