"""Files in Chromium: they go up while one writes, over a line that is cut, and a video loads nothing before it is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.test_pages import signed_in
from tests.files import made

pytestmark = pytest.mark.browser


def begun(page, server: str) -> str:  # type: ignore[no-untyped-def]
    """A record of the apprentice, open in its form."""
    page.goto(f"{server}/work/new/experience")
    page.fill("#title", "Phone quotations and pictures of them")
    page.click(".actions button[value=save]")
    return str(page.url)


def test_files_go_up_in_chunks_over_a_line_that_is_cut_and_nothing_typed_is_lost(  # type: ignore[no-untyped-def]
    chromium, server: str, tmp_path: Path
) -> None:
    context = chromium.new_context()
    page = signed_in(context, server, "apprentice1")
    begun(page, server)
    cuts = []

    def cut(route) -> None:  # type: ignore[no-untyped-def]
        if route.request.method == "PUT" and len(cuts) < 2:
            cuts.append(route.request.url)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/uploads/**", cut)
    page.fill("#summary", "Typed while the files went up.")
    (tmp_path / "talk.wav").write_bytes(made.wav(12))
    (tmp_path / "stall.jpg").write_bytes(made.picture(size=(700, 500)))
    (tmp_path / "bad.svg").write_text("<svg/>")
    page.set_input_files("#media-files", [tmp_path / name for name in ("talk.wav", "bad.svg", "stall.jpg")])
    page.wait_for_selector("#media-1-file", state="attached", timeout=90_000)
    assert len(cuts) == 2
    assert page.input_value("#summary") == "Typed while the files went up."
    assert "is none of the kinds of file" in page.inner_text(".coming")
    assert page.evaluate("document.activeElement.id").startswith("media-0-")
    page.fill("#media-1-alt", "A stall")
    page.click(".actions button[value=save]")
    page.wait_for_selector("[role=status]")
    assert page.input_value("#media-1-alt") == "A stall"
    page.locator(".stored img").scroll_into_view_if_needed()  # loaded only when it is looked at
    assert page.locator(".stored img").evaluate("img => img.decode().then(() => img.naturalWidth)") == 480
    context.close()


def test_files_are_added_without_script(chromium, server: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context(java_script_enabled=False)
    page = signed_in(context, server, "apprentice1")
    begun(page, server)
    (tmp_path / "offers.pdf").write_bytes(made.pdf())
    page.fill("#summary", "Typed before.")
    page.set_input_files("#media-files", tmp_path / "offers.pdf")
    page.click("text=Add these files")
    page.fill("#media-0-caption", "Three offers")
    assert page.input_value("#summary") == "Typed before." and "offers.pdf" in page.inner_text("#media")
    page.click(".actions button[value=save]")
    assert page.input_value("#media-0-caption") == "Three offers"
    context.close()


@pytest.mark.case("E1")
def test_E1_nothing_is_loaded_from_a_host_of_videos_before_the_click(chromium, server: str) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context()
    page = signed_in(context, server, "apprentice1")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith((server, "data:")) else None)
    page.route("https://www.youtube-nocookie.com/**", lambda route: route.fulfill(body="<p>player</p>"))
    address = begun(page, server)
    page.fill("#media-0-url", "https://youtu.be/abc_DEF-123")
    page.fill("#media-0-caption", "How the board met")
    page.click(".actions button[value=save]")
    page.goto(address.replace("/edit", "/preview"))
    assert page.locator("a[data-player]").count() == 1 and page.locator("iframe").count() == 0 and asked == []
    page.click("a[data-player]")
    page.wait_for_selector("iframe")
    page.wait_for_timeout(300)
    # the control: a request is seen
    assert asked == ["https://www.youtube-nocookie.com/embed/abc_DEF-123?autoplay=1"]
    allowed = set((page.locator("iframe").get_attribute("sandbox") or "").split())
    assert allowed == {"allow-scripts", "allow-same-origin", "allow-popups", "allow-presentation"}, "it leads nowhere"
    assert "player" in page.frame_locator("iframe").locator("p").inner_text()
    context.close()
