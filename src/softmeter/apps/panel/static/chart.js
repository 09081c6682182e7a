// The curve of active power over the last minutes, import above zero, export below.

import { svg } from "./svg.js";

const HEIGHT = 150;
const PLOT = { left: 52, top: 8, bottom: 128 };   // its right end follows the width of the page
const LONGEST = 600;
const LEAP = 10;            // so much longer than usual is a leap of time, not a pace
const LEAP_WIDTH = 0.04;    // of the curve, for each leap
const SHORTEST_MS = 60000;
const YOUNGEST_MS = 5000;   // a curve shorter than this is not worth an age
const AGES = [[120e3, 1e3, "s"], [120 * 60e3, 60e3, "min"], [48 * 3600e3, 3600e3, "h"], [Infinity, 86400e3, "days"]];

/** A round step so that at most four lie in `span`. */
function step(span) {
  const power = 10 ** Math.floor(Math.log10(span / 4));
  return power * [1, 2, 5, 10].find((factor) => power * factor * 4 >= span * 0.999);
}

/**
 * The stretches of `[[time, …], …]` that were lived through evenly, oldest first. Where time made a leap, far beyond
 * the pace of the points after it, a stretch ends; a single point between two leaps is nothing to draw.
 */
export function stretches(points) {
  const gap = (index) => points[index][0] - points[index - 1][0];
  const last = points.length - 1;
  const recent = [0, 1, 2].filter((back) => last - back > 0).map((back) => gap(last - back));
  let usual = Math.min(...recent);
  const found = [[]];
  for (let index = last; index >= 0; index -= 1) {
    found[0].unshift(points[index]);
    if (index === 0) break;
    if (gap(index) > usual * LEAP) found.unshift([]);
    else usual = Math.min(usual * 4, Math.max(usual, gap(index)));   // a busy computer is no leap
  }
  return found.filter((stretch, index) => stretch.length > 1 || index === found.length - 1);
}

function ago(milliseconds) {
  const [, size, unit] = AGES.find(([below]) => milliseconds < below);
  return `${Math.round(milliseconds / size)} ${unit} ago`;
}

const label = (watts) => (Math.abs(watts) >= 1000 ? `${watts / 1000} kW` : `${watts} W`).replace("-", "−");

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
    if (this.#points.length > 0) this.#draw();
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
    const drawn = stretches(this.#points);
    const right = this.width - 6;
    const powers = drawn.flat().map(([, power]) => power);
    const [low, high] = [Math.min(0, ...powers), Math.max(0, ...powers)];
    const tick = step(Math.max(high - low, 40));
    const [floor, ceiling] = [Math.floor(low / tick) * tick, Math.max(Math.ceil(high / tick), 1) * tick];
    const y = (power) => PLOT.bottom - ((power - floor) / (ceiling - floor)) * (PLOT.bottom - PLOT.top);
    this.element.replaceChildren();
    for (let power = floor; power <= ceiling + tick / 2; power += tick) {
      const style = Math.abs(power) < tick / 2 ? "grid zero" : "grid";
      svg("line", { class: style, x1: PLOT.left, x2: right, y1: y(power), y2: y(power) }, this.element);
      svg("text", { x: PLOT.left - 6, y: y(power) + 4, "text-anchor": "end", text: label(Math.round(power)) }, this.element);
    }
    const begin = Math.min(this.#curves(drawn, right, y), right - 110);
    svg("circle", { class: "now", cx: right, cy: y(powers[powers.length - 1]), r: 3.5 }, this.element);
    const [start, end] = [drawn[0][0][0], this.#points[this.#points.length - 1][0]];
    const text = { y: HEIGHT - 3 };
    if (end - start >= YOUNGEST_MS) svg("text", { ...text, x: begin, text: ago(end - start) }, this.element);
    svg("text", { ...text, x: right, "text-anchor": "end", text: "now" }, this.element);
  }

  /** The stretches from right to left, the newest first, with a mark where time made a leap; where they begin. */
  #curves(drawn, right, y) {
    const span = (stretch) => stretch[stretch.length - 1][0] - stretch[0][0];
    const lived = drawn.reduce((sum, stretch) => sum + span(stretch), 0);
    const full = right - PLOT.left;
    const gap = full * Math.min(LEAP_WIDTH, 0.5 / drawn.length);
    const scale = (full - gap * (drawn.length - 1)) / Math.max(lived, SHORTEST_MS);
    let end = right;
    for (const stretch of [...drawn].reverse()) {
      const newest = stretch[stretch.length - 1][0];
      const x = (time) => (end - (newest - time) * scale).toFixed(1);
      const line = stretch.map(([time, power]) => `${x(time)} ${y(power).toFixed(1)}`).join("L");
      svg("path", { class: "area", d: `M${x(stretch[0][0])} ${y(0)}L${line}L${x(newest)} ${y(0)}z` }, this.element);
      svg("path", { class: "curve", d: `M${line}` }, this.element);
      end -= span(stretch) * scale;
      if (stretch === drawn[0]) break;
      const leap = svg("line", { class: "leap", x1: end - gap / 2, x2: end - gap / 2, y1: PLOT.top, y2: PLOT.bottom }, this.element);
      svg("title", { text: "a leap of time" }, leap);
      end -= gap;
    }
    return end;
  }
}
