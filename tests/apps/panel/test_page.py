"""The page in a real browser: what is read here comes from lit segments, not from text."""

from typing import Any

import pytest

from apps.panel.conftest import GAS, IN_A_BROWSER, becomes, shows
from softmeter.apps.panel.contract import Lcd
from softmeter.apps.panel.controls import Bench

pytestmark = IN_A_BROWSER


def test_lcd_shows_the_register_and_follows_it(page: Any, meter: Any) -> None:
    shows(page, alphanumeric="1.8.0", numeric="000001234", unit="kWh", rate=2, signal=3, triangles=["L1"])
    shows(page, active_direction="import", reactive_direction="import", breaker=None)
    meter.change(energy_wh=98_765_432_000, power_w=-500.0)
    shows(page, numeric="098765432", active_direction="export")
    assert page.locator("#lcd").get_attribute("aria-label").endswith("Active energy import (+A): 098765432 kWh")
    assert page.locator("td[data-obis='1-0:1.8.0']").inner_text().replace("\u202f", "") == "98765432.000"


def test_button_scrolls_by_mouse_key_and_is_heard(page: Any, meter: Any) -> None:
    button = page.get_by_role("button", name="Display button")
    button.click()
    shows(page, alphanumeric="2.8.0", numeric="000000042")
    assert page.locator("#announcement").inner_text() == "Active energy export (-A): 000000042 kWh"
    button.focus()
    page.keyboard.press("Enter")
    shows(page, alphanumeric="1.7.0", numeric="1.840", unit="kW")
    page.keyboard.press(" ")
    shows(page, alphanumeric="12:00:07", numeric="30-03-24", unit="")
    assert len(meter.presses) == 3
    assert all(0 <= duration < 2000 for duration in meter.presses)


def test_long_press_is_told_as_long(page: Any, meter: Any) -> None:
    page.get_by_role("button", name="Display button").click(delay=2100)
    becomes(page, lambda: [duration >= 2000 for duration in meter.presses], [True])
    shows(page, alphanumeric="1.8.0")


def test_every_mark_of_the_glass(page: Any, meter: Any) -> None:
    meter.change(
        lcd=Lcd(
            alphanumeric="KPN NL4*",
            numeric="-12.345:6",
            unit="kvarh",
            rate=4,
            active_direction="export",
            reactive_direction="export",
            breaker="open",
            signal=4,
            triangles=("L1", "F", "T", "M", "C"),
        )
    )
    shows(page, alphanumeric="KPN NL4*", numeric="-12.345:6", unit="kvarh", rate=4, breaker="open", signal=4)
    shows(page, active_direction="export", reactive_direction="export", triangles=["L1", "F", "T", "M", "C"])
    for unit in ("kWh", "kvarh", "kW", "kvar", "kVA", "V", "A", "Hz", "dBm", "%"):
        meter.change(lcd=Lcd(numeric="8.8.8.8.8.8.8.8.8.", unit=unit, breaker="closed"))
        shows(page, numeric="8.8.8.8.8.8.8.8.8.", unit=unit, breaker="closed", rate=None)
    for row, text, seen in (
        ("numeric", "012345678", "012345678"),
        ("numeric", "9 Err-bCd", "9 Err-bCd"),
        ("numeric", "HELP outA", "HELP outA"),
        ("alphanumeric", "ABCDEFGH", "ABCDEFGH"),
        ("alphanumeric", "IJKLMNPQ", "IJKLMNPQ"),
        ("alphanumeric", "RTUVWXYZ", "RTUVWXYZ"),
        ("alphanumeric", "web-link", "WEB-LINK"),
    ):
        meter.change(lcd=Lcd.model_validate({row: text}))
        shows(page, **{row: seen})


def test_without_power_it_is_dark(page: Any, meter: Any) -> None:
    meter.change(powered=False, tick=2, pulses_ms=(0.0, 10.0))
    shows(page, alphanumeric="", numeric="", unit="", rate=None, signal=0, triangles=[])
    assert page.locator(".seg.lit").count() == 0
    assert page.locator(".led.on, .led.blink").count() == 0
    assert page.locator("#chip-power").inner_text().split() == ["Supply", "no", "power"]


def test_led_blinks_at_the_pulses_once(page: Any, meter: Any) -> None:
    led = page.locator("#led-active")
    meter.change(tick=2, pulses_ms=(0.0, 120.0, 240.0))
    meter.change()  # the same tick again: a display change
    page.wait_for_function("() => document.querySelector('#led-active').dataset.flashes === '3'", timeout=20_000)
    page.wait_for_function("() => !document.querySelector('#led-active').classList.contains('on')", timeout=20_000)
    page.wait_for_timeout(200)
    assert led.get_attribute("data-flashes") == "3"
    assert page.locator("#led-reactive").get_attribute("data-flashes") == "0"


def test_bench_imposes_and_releases(page: Any, meter: Any) -> None:
    slider = page.get_by_label("Voltage", exact=True)
    slider.fill("207.5")
    page.wait_for_function("() => document.querySelector('.bench-row.imposed output').textContent === '207.5 V'")
    page.wait_for_function("() => document.querySelector('[data-quantity=voltage_v]').textContent === '207.5 V'")
    assert meter.bench.voltage_v == 207.5
    page.get_by_label("Power factor", exact=True).fill("-0.2")
    page.wait_for_function("() => document.querySelectorAll('.bench-row.imposed').length === 2")
    page.wait_for_function(
        "() => document.querySelector('#bench-power_factor + output').textContent === '0.80 capacitive'"
    )
    page.get_by_role("button", name="Release voltage").click()
    page.wait_for_function("() => document.querySelectorAll('.bench-row.imposed').length === 1")
    page.get_by_role("button", name="Release all").click()
    page.wait_for_function("() => document.querySelectorAll('.bench-row.imposed').length === 0")
    assert (meter.bench.voltage_v, meter.bench.power_factor) == (None, None)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_fits_the_width_of(page: Any, meter: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    glass = page.locator("#lcd").bounding_box()
    assert glass["x"] >= 0
    assert glass["x"] + glass["width"] <= width
    page.get_by_role("button", name="Display button").click()
    shows(page, alphanumeric="2.8.0")
    assert meter.presses


@pytest.mark.parametrize("width", [320, 1280])
def test_registers_of_many_years_are_seen_whole(page: Any, meter: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    meter.change(energy_wh=987_654_321)
    cell = page.locator("td[data-obis='1-0:1.8.0']")
    becomes(page, lambda: cell.inner_text().replace("\u202f", ""), "987654.321")
    hidden = "() => { const box = document.querySelector('.scroll'); return box.scrollWidth - box.clientWidth; }"
    assert page.evaluate(hidden) <= 0


@pytest.mark.parametrize("width", [320, 390, 500, 1280])
def test_a_magnet_is_seen_whole(page: Any, meter: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    meter.change(bench=Bench(strong_field=True))
    page.locator("#magnet").wait_for(timeout=20_000)
    magnet = page.locator("#magnet .magnet").bounding_box()
    assert magnet["x"] >= 0
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_all_of_the_first_column_comes_into_a_low_window(page: Any, meter: Any) -> None:
    page.set_viewport_size({"width": 1280, "height": 640})
    meter.change(modes=("certification", "programming", "measuring periods"))
    page.wait_for_function(f"() => ({CONDITIONS})().length === 3")
    below = "() => document.querySelector('.first').getBoundingClientRect().bottom - innerHeight"
    assert page.evaluate(below) > 0
    page.evaluate("() => window.scrollTo(0, 500)")
    page.wait_for_function(f"() => ({below})() <= 0", timeout=20_000)
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.wait_for_function("() => document.querySelector('.first').getBoundingClientRect().top === 12", timeout=20_000)


def test_a_breaker_stays_open_in_the_dark(page: Any, meter: Any) -> None:
    meter.change(type="IQ0102065BNEM02+D", powered=False, lcd=Lcd(), breaker="open")
    page.wait_for_function(f"() => ({CONDITIONS})().length === 2")
    assert page.evaluate(CONDITIONS) == ["No power", "Breaker open"]
    assert page.locator("#face").get_attribute("class").split().count("breaker-open") == 1


def test_touch_presses_the_button(browser: Any, panel: str, meter: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(panel)
    shows(page, numeric="000001234")
    page.get_by_role("button", name="Display button").tap()
    shows(page, alphanumeric="2.8.0")
    context.close()
    assert len(meter.presses) == 1


def test_panel_that_goes_is_said_to_be_lost(page: Any, meter: Any) -> None:
    assert page.locator("#chip-link dd").inner_text() == "live"
    meter.end()
    page.wait_for_function(
        "() => document.querySelector('#chip-link dd').textContent.startsWith('lost')", timeout=20_000
    )


def test_what_surrounds_the_meter_is_set_and_released(page: Any, meter: Any) -> None:
    cover = page.get_by_role("switch", name="Terminal cover")
    cover.click()
    page.wait_for_function("() => document.querySelector('.switch.touched')?.textContent === 'Terminal coveropen'")
    module = page.get_by_role("switch", name="Module in place")
    module.click()
    page.wait_for_function("() => document.querySelectorAll('.switch.touched').length === 2")
    page.get_by_label("RAM", exact=True).check()
    becomes(page, lambda: meter.bench.faults, ("ram",))
    page.get_by_label("Watchdog", exact=True).check()
    becomes(page, lambda: meter.bench.faults, ("ram", "watchdog"))
    page.get_by_label("Temperature", exact=True).fill("-12")
    page.wait_for_function("() => document.querySelector('#bench-temperature + output').textContent === '\\u221212 °C'")
    page.wait_for_function("() => !document.querySelector('[aria-label=\"Release temperature\"]').disabled")
    assert (meter.bench.terminal_cover_open, meter.bench.module_present, meter.bench.temperature) == (True, False, -12)
    cover.click()
    page.get_by_label("RAM", exact=True).uncheck()
    becomes(page, lambda: meter.bench.faults, ("watchdog",))
    page.get_by_role("button", name="Release temperature").click()
    page.wait_for_function("() => document.querySelectorAll('.switch.touched').length === 1")
    page.wait_for_function("() => document.querySelector('#bench-temperature + output').textContent === '23 °C'")
    assert meter.bench.terminal_cover_open is None


def test_buttons_that_the_glass_does_not_show_are_pressed(page: Any, meter: Any) -> None:
    page.get_by_role("button", name="Upper button, 5 s").click()
    becomes(page, lambda: (meter.buttons, meter.presses), (["display"], [5500]))
    page.get_by_role("button", name="Sealed button").click()
    becomes(page, lambda: (meter.buttons, meter.presses), (["display", "sealed"], [5500, 300]))


def test_time_is_paused_stepped_and_jumped(page: Any, meter: Any) -> None:
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("() => document.querySelector('#chip-rate dd').textContent === 'stands still'")
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Step 15 min").click()
    becomes(page, lambda: len(meter.changes_of_time), 2)
    page.get_by_label("Jump to, UTC").fill("2026-03-29 00:55")
    page.get_by_role("button", name="Jump", exact=True).click()
    becomes(page, lambda: len(meter.changes_of_time), 3)
    assert [one.model_dump(exclude_none=True) for one in meter.changes_of_time] == [
        {"rate": 0},
        {"step_s": 900},
        {"jump_to": "2026-03-29 00:55"},
    ]


def test_a_supply_that_is_off_is_told_and_switched_on(page: Any, meter: Any) -> None:
    supply = page.get_by_role("switch", name="Supply")
    assert supply.get_attribute("aria-checked") == "true"
    meter.change(bench=meter.bench.model_copy(update={"voltage_v": 0.0}))
    page.wait_for_function("() => document.querySelector('[data-control=voltage_v]').textContent === 'Supplyoff'")
    supply.click()
    page.wait_for_function("() => document.querySelector('[data-control=voltage_v]').textContent === 'Supplyon'")
    assert meter.imposed == {"voltage_v": None}


CONDITIONS = "() => [...document.querySelectorAll('#conditions li')].map((one) => one.textContent)"


def test_what_is_done_to_the_meter_is_drawn_and_said(page: Any) -> None:
    for name in ("Meter cover", "Magnet", "Optical head", "Inner seal"):
        page.get_by_role("switch", name=name).click()
    page.wait_for_function(f"() => ({CONDITIONS})().length === 4")
    told = ["Meter cover open", "Magnet at the meter", "Calibration seal broken", "Optical head taken off"]
    assert page.evaluate(CONDITIONS) == told
    becomes(page, page.locator("#happening").inner_text, ", ".join(told))
    assert page.locator("#magnet").is_visible()
    assert not page.locator("#optical-head").is_visible()
    assert page.get_by_label("Voltage gain", exact=True).is_visible()
    page.get_by_role("switch", name="Magnet").click()
    page.wait_for_function(f"() => ({CONDITIONS})().length === 3")
    assert not page.locator("#magnet").is_visible()


def test_what_the_meter_is_set_to_is_said_in_words(page: Any, meter: Any) -> None:
    meter.change(modes=("certification", "programming", "measuring periods"))
    page.wait_for_function(f"() => ({CONDITIONS})().length === 3")
    said = ["Certification mode", "May be programmed on the spot", "Optical output gives measuring periods"]
    assert page.evaluate(CONDITIONS) == said
    becomes(page, page.locator("#happening").inner_text, ", ".join(said))


def test_faults_of_links_are_typed_in_percent_and_made_perfect_again(page: Any, meter: Any) -> None:
    lost = page.get_by_label("WAN: Lost %")
    lost.fill("12.5")
    lost.press("Tab")
    delay = page.get_by_label("P1: Delay ms")
    delay.fill("250")
    delay.press("Enter")
    page.get_by_label("WAN no faster than the technology of its cell").check()

    def bench() -> tuple[object, ...]:
        return meter.bench.wan_drop, meter.bench.p1_latency_ms, meter.bench.wan_limits

    becomes(page, bench, (0.125, 250, True))
    page.wait_for_function("() => document.querySelectorAll('.link.touched').length === 2")
    page.get_by_role("button", name="Perfect").click()
    page.wait_for_function("() => document.querySelectorAll('.link.touched').length === 0")
    assert lost.input_value() == ""
    becomes(page, bench, (None, None, None))


def test_module_and_firmware_are_told(page: Any, meter: Any) -> None:
    fact = "() => document.querySelector('[data-fact={0}]').textContent"
    assert page.evaluate(fact.format("operator")) == "softmeter mobile"
    meter.change(
        modem=meter.modem.model_copy(update={"registration": "searching", "operator": "", "online": False}),
        firmware=meter.firmware.model_copy(
            update={"phase": "initiated", "image": "A1.06.00", "received": 30, "blocks": 120}
        ),
    )
    page.wait_for_function("() => document.querySelector('[data-fact=registration]').textContent === 'searching'")
    assert page.evaluate(fact.format("online")) == "closed"
    assert page.locator("#transfer-text").inner_text() == "A1.06.00: 30 of 120 blocks"
    assert page.locator("#transfer-bar").evaluate("(bar) => bar.position") == 0.25
    assert page.locator("#sub-meters-card").is_hidden()


def test_a_sub_meter_is_shown_and_worked(page: Any, meter: Any) -> None:
    meter.shelf.meters.append(GAS)
    gas = page.get_by_role("group", name="gas 1")

    def is_seen() -> bool:  # it is asked for every two seconds in which something happens
        meter.change(power_w=100.0)
        return bool(gas.is_visible())

    becomes(page, is_seen, wanted=True)
    assert gas.locator("output").inner_text() == "8\u202f653.932 m³"
    assert "channel 2" in gas.inner_text()
    gas.get_by_label("battery low").check()
    gas.get_by_label("Flow, l/h").fill("120")
    gas.get_by_label("Flow, l/h").press("Enter")
    becomes(page, lambda: (meter.shelf.meters[0].battery_low, meter.shelf.meters[0].flow), (True, 120))
    gas.get_by_label("attached").uncheck()
    page.wait_for_function("() => document.querySelector('.sub-meter.away')")
    changed = meter.shelf.meters[0]
    assert (changed.battery_low, changed.flow, changed.attached, changed.opened) == (True, 120, False, False)


def test_the_keyboard_reaches_everything_in_order(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "To the readings and controls"
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "button"
    nameless = "() => [...document.querySelectorAll('button, input, select')].filter((one) => one.offsetParent && \
        !one.textContent && !one.labels?.length && !one.getAttribute('aria-label')).length"
    assert page.evaluate(nameless) == 0


def test_the_curve_of_power_leaves_out_what_a_leap_of_time_skipped(page: Any, meter: Any) -> None:
    cut = (
        "async (times) => (await import('/chart.js')).stretches(times.map((t) => [t, 5])).map((s) => s.map(([t]) => t))"
    )
    assert page.evaluate(cut, [1, 2, 3, 21_603]) == [[1, 2, 3], [21_603]]
    assert page.evaluate(cut, [1, 2, 3, 86_400, 172_800, 180_000, 180_001, 180_002]) == [
        [1, 2, 3],
        [180_000, 180_001, 180_002],
    ]
    assert page.evaluate(cut, [1, 2, 3, 3603, 7203, 10_803]) == [[1, 2, 3, 3603, 7203, 10_803]]
    assert page.evaluate(cut, [7]) == [[7]]
    assert page.locator("#chart .leap").count() == 0
    meter.change(tick=45 * 60)  # the past has a point each minute
    page.wait_for_function("() => document.querySelectorAll('#chart .leap').length === 1")
    assert page.locator("#meter-clock").inner_text() == "2024-03-30 12:45:00 +01:00"
