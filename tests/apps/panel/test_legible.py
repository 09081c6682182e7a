"""The page for eyes that are not the best: every text stands out from what is behind it, in both colour schemes."""

from typing import Any

import pytest

from apps.panel.conftest import GAS, IN_A_BROWSER

pytestmark = IN_A_BROWSER

FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
  };
  const over = (top, alpha, below) => [0, 1, 2].map((index) => top[index] * alpha + below[index] * (1 - alpha));
  const line = (element) => (element ? [element, ...line(element.parentElement)] : []);
  const behind = (element) => line(element).reverse().map((one) => channels(getComputedStyle(one).backgroundColor))
    .reduce((below, top) => over(top, top[3], below), [1, 1, 1]);
  const light = (colour) => colour.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = (element) => {
    const opacity = line(element).reduce((product, one) => product * getComputedStyle(one).opacity, 1);
    const [below, ink] = [behind(element), channels(getComputedStyle(element).color)];
    const [less, more] = [light(over(ink, ink[3] * opacity, below)), light(below)].sort((one, other) => one - other);
    return (more + 0.05) / (less + 0.05);
  };
  const written = [...document.querySelectorAll("body *")].filter((element) => element.offsetParent
    && !element.closest("svg, .hidden, :disabled")
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()));
  return [written.length, written.filter((element) => contrast(element) < 4.5).map((element) => element.outerHTML)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(page: Any, meter: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    meter.shelf.meters = [GAS]
    page.reload()
    page.get_by_role("switch", name="Terminal cover").click()
    page.get_by_label("RAM", exact=True).check()
    page.locator("#conditions li").wait_for(timeout=20_000)
    page.locator("#sub-meters-card").wait_for(timeout=20_000)
    count, faint = page.evaluate(FAINT)
    assert count > 100
    assert faint == []
