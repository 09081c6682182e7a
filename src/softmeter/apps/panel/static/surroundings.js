// What surrounds the meter: covers, magnet, module, warmth, faults and the buttons that are worked by hand.

import { html } from "./readings.js";

const SWITCHES = [
  {
    key: "voltage_v", name: "Supply", off: "off", on: "on", calm: true,
    sent: (is) => (is ? null : 0), seen: (imposed) => imposed !== 0,
  },
  { key: "terminal_cover_open", name: "Terminal cover", off: "closed", on: "open" },
  { key: "meter_cover_open", name: "Meter cover", off: "closed", on: "open" },
  { key: "module_cover_open", name: "Module cover", off: "closed", on: "open" },
  { key: "strong_field", name: "Magnet", off: "away", on: "at the meter" },
  { key: "module_present", name: "Module", off: "out", on: "in place", calm: true },
  { key: "network_up", name: "Mobile network", off: "down", on: "up", calm: true },
  { key: "access_refused", name: "Data network", off: "lets in", on: "refuses" },
];
const FAULTS = [
  ["program_memory", "Program memory"], ["ram", "RAM"], ["nonvolatile_memory", "Non-volatile memory"],
  ["measurement", "Measurement"], ["watchdog", "Watchdog"],
];
const PRESSES = [
  { text: "Upper one for 5 s", title: "A long press works the breaker", button: "display", duration_ms: 5500 },
  { text: "Sealed one", title: "The button under the seal", button: "sealed", duration_ms: 300 },
];
const SLIDES = [
  { key: "temperature", name: "Temperature", min: -40, max: 85, calm: 23, unit: "°C" },
  { key: "rsrp", name: "Signal", min: -140, max: -44, calm: -85, unit: "dBm" },
];
const SEND_AFTER_MS = 120;
const whole = (value) => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(0)}`;

/** Something with two positions; `calm` is the one in which nobody has touched it. */
class Switch {
  constructor({ key, name, off, on, calm = false, sent = null, seen = null }, send) {
    Object.assign(this, { key, name, off, on, calm });
    this.sent = sent ?? ((is) => (is === calm ? null : is));
    this.seen = seen ?? ((imposed) => imposed ?? calm);
    this.state = html("span", { style: "switch-state" });
    this.element = html(
      "button", { type: "button", role: "switch", style: "switch", "data-control": key },
      html("span", { style: "switch-name", text: name }), this.state,
    );
    this.element.addEventListener("click", () => {
      const next = this.element.getAttribute("aria-checked") !== "true";
      send({ [key]: this.sent(next) });
    });
    this.show(null);
  }

  show(imposed) {
    const is = this.seen(imposed);
    this.element.setAttribute("aria-checked", String(is));
    this.element.classList.toggle("touched", is !== this.calm);
    this.state.textContent = is ? this.on : this.off;
  }
}

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

/** A number with a slider; `calm` is what it is while nobody touches it. */
class Slide {
  #timer = null;

  constructor({ key, name, min, max, calm, unit }, send) {
    Object.assign(this, { key, calm, unit });
    const id = `bench-${key}`;
    this.slider = html("input", { type: "range", id, min, max, step: 1, value: calm });
    this.output = html("output", { for: id });
    this.release = html("button", { type: "button", text: "Release", "aria-label": `Release ${name.toLowerCase()}`, disabled: "" });
    this.element = html("div", { style: "bench-row" }, html("label", { for: id, text: name }), this.slider, this.output, this.release);
    this.slider.addEventListener("input", () => {
      this.#write(Number(this.slider.value));
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => { this.#timer = null; send({ [key]: Number(this.slider.value) }); }, SEND_AFTER_MS);
    });
    this.release.addEventListener("click", () => send({ [key]: null }));
    this.show(null);
  }

  #write(value) {
    this.output.textContent = `${whole(value)} ${this.unit}`;
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
  }

  show(imposed) {
    if (this.#timer !== null) return;
    this.slider.value = imposed ?? this.calm;
    this.#write(imposed ?? this.calm);
    this.element.classList.toggle("imposed", imposed !== null);
    this.release.disabled = imposed === null;
  }
}

export class Surroundings {
  constructor(connection) {
    this.connection = connection;
    this.problem = document.querySelector("#surroundings-problem");
    const send = (change) => this.#post("api/bench/override", change);
    this.switches = SWITCHES.map((one) => new Switch(one, send));
    this.slides = SLIDES.map((one) => new Slide(one, send));
    this.faults = new Faults(send);
    const presses = PRESSES.map(({ text, title, ...body }) => {
      const button = html("button", { type: "button", text, title });
      button.addEventListener("click", () => this.#post("api/bench/press", body));
      return button;
    });
    document.querySelector("#surroundings").append(
      html("div", { style: "switches" }, ...this.switches.map(({ element }) => element)),
      ...this.slides.map(({ element }) => element), this.faults.element,
      html("div", { style: "hand", role: "group", "aria-label": "Buttons of the meter" }, html("span", { style: "quiet", text: "Press" }), ...presses),
    );
  }

  async #post(path, body) {
    try {
      const bench = await this.connection.post(path, body);
      if (bench) this.show({ bench });
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  show({ bench }) {
    for (const one of this.switches) one.show(bench[one.key]);
    for (const one of this.slides) one.show(bench[one.key]);
    this.faults.show(bench.faults);
  }
}
