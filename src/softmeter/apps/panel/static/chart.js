// The curve of active power over the last minutes, import above zero, export below.

import { svg } from "./svg.js";

const HEIGHT = 150;
const PLOT = { left: 48, top: 8, bottom: 128 };   // its right end follows the width of the page
const LONGEST = 600;

/** A round step so that at most four lie in `span`. */
function step(span) {
  const power = 10 ** Math.floor(Math.log10(span / 4));
  return power * [1, 2, 5, 10].find((factor) => power * factor * 4 >= span * 0.999);
}

const label = (watts) => (Math.abs(watts) >= 1000 ? `${watts / 1000} kW` : `${watts} W`);

export class PowerChart {
  #points = [];

  constructor(element) {
    this.element = element;
    this.width = 560;
    new ResizeObserver(([{ contentRect }]) => {
      this.width = contentRect.width;
      if (this.#points.length > 0) this.#draw();
    }).observe(element);
  }

  /** Take `[{instant, active_power_w}]` as the past. */
  load(samples) {
    this.#points = samples.map(({ instant, active_power_w: power }) => [Date.parse(instant), power]);
  }

  /** Add a point; time that went back begins a new curve. */
  add(instant, power) {
    const time = Date.parse(instant);
    const last = this.#points[this.#points.length - 1];
    if (last && time < last[0]) this.#points = [];
    if (last && time === last[0]) this.#points.pop();
    this.#points.push([time, power]);
    if (this.#points.length > LONGEST) this.#points.shift();
    this.#draw();
  }

  #draw() {
    const points = this.#points;
    const right = this.width - 6;
    const powers = points.map(([, power]) => power);
    const [low, high] = [Math.min(0, ...powers), Math.max(0, ...powers)];
    const tick = step(Math.max(high - low, 40));
    const [floor, ceiling] = [Math.floor(low / tick) * tick, Math.max(Math.ceil(high / tick), 1) * tick];
    const [start, end] = [points[0][0], points[points.length - 1][0]];
    const x = (time) => right - ((end - time) / Math.max(end - start, 60000)) * (right - PLOT.left);
    const y = (power) => PLOT.bottom - ((power - floor) / (ceiling - floor)) * (PLOT.bottom - PLOT.top);
    this.element.replaceChildren();
    for (let power = floor; power <= ceiling + tick / 2; power += tick) {
      const style = Math.abs(power) < tick / 2 ? "grid zero" : "grid";
      svg("line", { class: style, x1: PLOT.left, x2: right, y1: y(power), y2: y(power) }, this.element);
      svg("text", { x: PLOT.left - 6, y: y(power) + 4, "text-anchor": "end", text: label(Math.round(power)) }, this.element);
    }
    const line = points.map(([time, power]) => `${x(time).toFixed(1)} ${y(power).toFixed(1)}`).join("L");
    svg("path", { class: "area", d: `M${x(start).toFixed(1)} ${y(0)}L${line}L${right} ${y(0)}z` }, this.element);
    svg("path", { class: "curve", d: `M${line}` }, this.element);
    svg("circle", { class: "now", cx: right, cy: y(powers[powers.length - 1]), r: 3.5 }, this.element);
    this.#captions(end - start, right);
  }

  #captions(span, right) {
    const seconds = Math.max(Math.round(span / 1000), 60);
    const ago = seconds < 120 ? `${seconds} s ago` : seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
    svg("text", { x: PLOT.left, y: HEIGHT - 3, text: ago }, this.element);
    svg("text", { x: right, y: HEIGHT - 3, "text-anchor": "end", text: "now" }, this.element);
  }
}
