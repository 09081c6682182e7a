// What surrounds the meter: covers, magnet, module, warmth, faults, seal and the buttons that are worked by hand.

import { Hands, html, Slide, Switch } from "./widgets.js";

const SWITCHES = [
  {
    key: "voltage_v", name: "Supply", off: "off", on: "on", calm: true,
    sent: (is) => (is ? null : 0), seen: (imposed) => imposed !== 0,
  },
  { key: "terminal_cover_open", name: "Terminal cover", off: "closed", on: "open" },
  { key: "meter_cover_open", name: "Meter cover", off: "closed", on: "open" },
  { key: "module_cover_open", name: "Module cover", off: "closed", on: "open" },
  { key: "module_present", name: "Module", off: "out", on: "in place", calm: true },
  { key: "strong_field", name: "Magnet", off: "away", on: "near" },
  { key: "optical_head", name: "Optical head", off: "taken off", on: "in place", calm: true },
  { key: "p1_request", name: "P1 cable", off: "out", on: "in place", calm: true },
  { key: "calibration_seal_broken", name: "Inner seal", off: "whole", on: "broken" },
];
const FAULTS = [
  ["program_memory", "Program memory"], ["ram", "RAM"], ["nonvolatile_memory", "Non-volatile memory"],
  ["measurement", "Measurement"], ["watchdog", "Watchdog"],
];
const PRESSES = [
  { text: "Upper button, 5 s", title: "A long press works the breaker", button: "display", duration_ms: 5500 },
  { text: "Sealed button", title: "The button under the seal", button: "sealed", duration_ms: 300 },
];
const WARMTH = { key: "temperature", name: "Temperature", min: -40, max: 85, calm: 23, unit: "°C" };
const percent = (ppm) => `${ppm < 0 ? "−" : "+"}${(Math.abs(ppm) / 10000).toFixed(2)} %`;
const CONSTANTS = [
  { key: "voltage_gain_ppm", name: "Voltage gain", min: -50000, max: 50000, step: 100, calm: 0, shown: percent },
  { key: "current_gain_ppm", name: "Current gain", min: -50000, max: 50000, step: 100, calm: 0, shown: percent },
  { key: "current_lag_ns", name: "Current lag", min: -50000, max: 50000, step: 100, calm: 0, unit: "ns" },
];

/** Faults inside: any of them at once. */
class Faults {
  constructor(send) {
    this.boxes = FAULTS.map(([key, name]) => {
      const box = html("input", { type: "checkbox", id: `fault-${key}`, "data-fault": key });
      box.addEventListener("change", () => {
        const now = this.boxes.map(({ box: one }) => one).filter((one) => one.checked).map((one) => one.dataset.fault);
        send({ faults: now.length ? now : null });
      });
      return { box, element: html("label", { style: "fault" }, box, html("span", { text: name })) };
    });
    this.element = html(
      "div", { style: "faults", role: "group", "aria-labelledby": "faults-title" },
      html("span", { id: "faults-title", text: "Faults inside" }),
      html("div", {}, ...this.boxes.map(({ element }) => element)),
    );
  }

  show(broken) {
    for (const { box } of this.boxes) box.checked = (broken ?? []).includes(box.dataset.fault);
  }
}

export class Surroundings {
  constructor(connection) {
    const hands = new Hands(connection, "#surroundings-problem", (state) => this.show(state));
    const send = (change) => hands.override(change);
    this.switches = SWITCHES.map((one) => new Switch(one, send));
    this.warmth = new Slide(WARMTH, send);
    this.constants = CONSTANTS.map((one) => new Slide(one, send));
    this.underSeal = html(
      "div", { role: "group", "aria-label": "Calibration", hidden: "" }, ...this.constants.map(({ element }) => element),
    );
    this.faults = new Faults(send);
    const presses = PRESSES.map(({ text, title, ...body }) => {
      const button = html("button", { type: "button", text, title });
      button.addEventListener("click", () => hands.post("api/bench/press", body));
      return button;
    });
    document.querySelector("#surroundings").append(
      html("div", { style: "switches" }, ...this.switches.map(({ element }) => element)),
      this.underSeal, this.warmth.element, this.faults.element,
      html("div", { style: "hand", role: "group", "aria-label": "Buttons of the meter" }, html("span", { style: "quiet", text: "Press" }), ...presses),
    );
  }

  show({ bench }) {
    for (const one of this.switches) one.show(bench[one.key] ?? null);
    for (const one of this.constants) one.show(bench[one.key] ?? null);
    this.underSeal.hidden = !bench.calibration_seal_broken;
    this.warmth.show(bench.temperature);
    this.faults.show(bench.faults);
  }
}
