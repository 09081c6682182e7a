// The bench strip: sliders that impose voltage, power, power factor and frequency, and let go again.

import { html, number } from "./widgets.js";

const SEND_AFTER_MS = 120;
const LEAST_FACTOR = 0.05;

// The power factor's slider is 0 at 1.00, right is inductive, left capacitive: so it has no jump.
const factorOf = (position) => (position < 0 ? -(1 + position) : 1 - position);
const positionOf = (factor) => (factor < 0 ? -(1 + factor) : 1 - factor);
const factorText = (factor) =>
  Math.abs(factor) >= 0.995 ? "1.00" : `${Math.abs(factor).toFixed(2)} ${factor < 0 ? "capacitive" : "inductive"}`;

const ROWS = [
  { key: "voltage_v", name: "Voltage", min: 0, max: 300, step: 0.5, text: (value) => `${number(value, 1)} V` },
  { key: "active_power_w", name: "Active power", min: -15000, max: 15000, step: 10, text: (value) => `${number(value, 0)} W` },
  {
    key: "power_factor", name: "Power factor", min: LEAST_FACTOR - 1, max: 1 - LEAST_FACTOR, step: 0.01,
    text: factorText, toSlider: positionOf, fromSlider: factorOf,
  },
  { key: "frequency_hz", name: "Frequency", min: 45, max: 55, step: 0.01, text: (value) => `${number(value, 2)} Hz` },
];

/** One slider; follows the measurement until it is moved. */
class BenchRow {
  #timer = null;
  #pending = 0;

  constructor(row, send) {
    Object.assign(this, { row, send });
    const id = `bench-${row.key}`;
    this.slider = html("input", { type: "range", id, min: row.min, max: row.max, step: row.step });
    this.output = html("output", { for: id, text: "–" });
    this.release = html("button", { type: "button", text: "Release", "aria-label": `Release ${row.name.toLowerCase()}`, disabled: "" });
    this.element = html("div", { style: "bench-row" }, html("label", { for: id, text: row.name }), this.slider, this.output, this.release);
    this.slider.addEventListener("input", () => this.#moved());
    this.release.addEventListener("click", () => this.#send(null));
  }

  #moved() {
    const position = Number(this.slider.value);
    const value = this.row.fromSlider ? this.row.fromSlider(position) : position;
    this.#write(value, true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(value), SEND_AFTER_MS);
  }

  async #send(value) {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending += 1;
    try {
      await this.send({ [this.row.key]: value });
    } finally {
      this.#pending -= 1;
    }
  }

  /** Show what is imposed, else what is measured; not while a finger is on the slider. */
  show(imposed, measured) {
    if (this.#timer !== null || this.#pending > 0) return;
    const value = imposed ?? measured;
    if (value === null) {
      this.output.textContent = "–";
      this.element.classList.remove("imposed");
      return;
    }
    this.slider.value = this.row.toSlider ? this.row.toSlider(value) : value;
    this.#write(value, imposed !== null);
  }

  #write(value, imposed) {
    const text = this.row.text(value);
    this.output.textContent = text;
    this.slider.setAttribute("aria-valuetext", imposed ? `${text}, imposed` : text);
    this.element.classList.toggle("imposed", imposed);
    this.release.disabled = !imposed;
  }
}

export class BenchStrip {
  constructor(connection) {
    this.connection = connection;
    this.problem = document.querySelector("#bench-problem");
    this.releaseAll = document.querySelector("#release-all");
    this.rows = ROWS.map((row) => new BenchRow(row, (change) => this.#send(change)));
    document.querySelector("#bench").append(...this.rows.map(({ element }) => element));
    this.releaseAll.addEventListener("click", () => this.#send(Object.fromEntries(ROWS.map(({ key }) => [key, null]))));
  }

  async #send(change) {
    try {
      this.#apply(await this.connection.post("api/bench/override", change));
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  #apply(bench) {
    this.bench = bench;
    this.releaseAll.disabled = ROWS.every(({ key }) => (bench[key] ?? null) === null);
    document.querySelector("#bench-source").textContent = bench.source ? `Input: ${bench.source}` : "";
  }

  show({ bench, readings }) {
    this.#apply(bench);
    const signed = (factor) => (factor === null ? null : Math.abs(factor) * (readings.reactive_power_var < 0 ? -1 : 1));
    for (const row of this.rows) {
      const { key } = row.row;
      row.show(bench[key], key === "power_factor" ? signed(readings[key]) : readings[key]);
    }
  }
}
