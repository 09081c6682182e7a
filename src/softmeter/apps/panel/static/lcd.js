// The LCD: all its segments drawn once, then lit or not. Layout of manual 4.2.
//
// `LCD.read()` tells what the glass shows from the lit segments alone; tests and the text for screen readers use it.

import { cellsOf, fourteenCharacter, fourteenSegments, sevenCharacter, sevenSegments } from "./glyphs.js";
import { polygon, svg } from "./svg.js";

const UNITS = ["kWh", "kvarh", "kW", "kvar", "kVA", "V", "A", "Hz", "dBm", "%"];
const UNIT_X = [14, 66, 131, 178, 233, 287, 317, 347, 384, 431];
const TRIANGLES = ["L1", "F", "T", "M", "C", "", "", "", "", "", "", ""];
const SLANT = -6;   // degrees, as the glass of real meters

/** A horizontal bar of a digit, pointed at both ends. */
function bar(x0, x1, y, thickness) {
  const half = thickness / 2;
  return [[x0, y], [x0 + half, y - half], [x1 - half, y - half], [x1, y], [x1 - half, y + half], [x0 + half, y + half]];
}

/** A vertical bar, pointed at both ends. */
function post(x, y0, y1, thickness) {
  return bar(y0, y1, x, thickness).map(([y, across]) => [across, y]);
}

/** Outer bars a–f of a digit with its top left corner at 0, 0; mitred where they meet. */
function frame(width, height, thickness, gap) {
  const [half, near, far] = [height / 2, thickness + gap, width - thickness - gap];
  const a = [[gap, 0], [width - gap, 0], [far, thickness], [near, thickness]];
  const f = [
    [0, gap], [thickness, near], [thickness, half - thickness / 2 - gap * 0.8],
    [thickness / 2, half - gap * 0.8], [0, half - gap * 0.8],
  ];
  const mirror = (points) => points.map(([x, y]) => [width - x, y]);
  const flip = (points) => points.map(([x, y]) => [x, height - y]);
  return { a, b: mirror(f), c: mirror(flip(f)), d: flip(a), e: flip(f), f };
}

function sevenShapes(width, height, thickness) {
  const gap = 1.1;
  const middle = bar(thickness / 2 + gap, width - thickness / 2 - gap, height / 2, thickness);
  return { ...frame(width, height, thickness, gap), g: middle };
}

function fourteenShapes(width, height, thickness) {
  const gap = 0.55;
  const [x, y] = [width / 2, height / 2];
  const [left, right, top, bottom] = [thickness / 2, width - thickness / 2, thickness / 2, height - thickness / 2];
  const stroke = thickness * 0.7;
  /** A diagonal from near a corner to near the centre. */
  const diagonal = (sideX, sideY) => {
    const [cornerX, cornerY] = [x + sideX * (x - thickness - 0.8), y + sideY * (y - thickness - 0.8)];
    const [innerX, innerY] = [x + sideX * (stroke * 0.9 + 0.4), y + sideY * (thickness / 2 + 1.1)];
    return [
      [cornerX, cornerY], [cornerX, cornerY - sideY * stroke * 1.5], [innerX + sideX * stroke * 0.1, innerY],
      [innerX - sideX * stroke * 0.5, innerY], [innerX - sideX * stroke * 0.5, innerY + sideY * stroke * 1.1],
      [cornerX - sideX * stroke * 0.9, cornerY],
    ];
  };
  return {
    ...frame(width, height, thickness, gap),
    g: bar(left + gap, x - gap, y, thickness), h: bar(x + gap, right - gap, y, thickness),
    j: post(x, top + thickness * 0.55, y - gap, thickness), m: post(x, y + gap, bottom - thickness * 0.55, thickness),
    i: diagonal(-1, -1), k: diagonal(1, -1), l: diagonal(-1, 1), n: diagonal(1, 1),
  };
}

/** A row of digit positions, each with a point and a colon in the gap after it. */
class Row {
  constructor(parent, { x, y, pitch, width, height, thickness, count, shapes, encode, decode, align }) {
    Object.assign(this, { encode, decode, align, cells: [] });
    const slant = Math.tan((-SLANT * Math.PI) / 180) * height;
    const group = svg("g", { transform: `translate(${x + slant} ${y}) skewX(${SLANT})` }, parent);
    for (let index = 0; index < count; index += 1) {
      const cell = svg("g", { transform: `translate(${index * pitch} 0)` }, group);
      const parts = {};
      for (const [name, points] of Object.entries(shapes(width, height, thickness))) {
        parts[name] = polygon(points, { class: "seg", "data-seg": name }, cell);
      }
      const gap = width + (pitch - width) / 2;
      const radius = Math.min(thickness * 0.62, (pitch - width) * 0.34);
      const point = svg("circle", { class: "seg", cx: gap, cy: height - radius + 0.5, r: radius }, cell);
      const colon = svg("path", { class: "seg colon", d: colonPath(gap, height, radius) }, cell);
      this.cells.push({ parts, point, colon });
    }
  }

  show(text) {
    cellsOf(text, this.cells.length, this.align).forEach(({ character, mark }, index) => {
      const { parts, point, colon } = this.cells[index];
      const lit = this.encode(character);
      for (const [name, part] of Object.entries(parts)) light(part, lit.includes(name));
      light(point, mark === ".");
      light(colon, mark === ":");
    });
  }

  read() {
    return this.cells.map(({ parts, point, colon }) => {
      const lit = Object.keys(parts).filter((name) => isLit(parts[name]));
      return this.decode(lit) + (isLit(point) ? "." : "") + (isLit(colon) ? ":" : "");
    }).join("");
  }
}

function colonPath(x, height, radius) {
  const dot = (y) => `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
  return dot(height * 0.32) + dot(height * 0.68);
}

const light = (element, on) => element.classList.toggle("lit", Boolean(on));
const isLit = (element) => element.classList.contains("lit");

/** The glass of the meter within the group `parent`, 460 × 216. */
export class LCD {
  constructor(parent) {
    this.legends = new Map();
    this.upper = new Row(parent, {
      x: 10, y: 12, pitch: 29, width: 18.6, height: 38, thickness: 3.5, count: 8, align: "left",
      shapes: fourteenShapes, encode: fourteenSegments, decode: fourteenCharacter,
    });
    this.lower = new Row(parent, {
      x: 10, y: 70, pitch: 48.8, width: 35.6, height: 80, thickness: 8, count: 9, align: "right",
      shapes: sevenShapes, encode: sevenSegments, decode: sevenCharacter,
    });
    this.#drawStatus(parent);
    this.#drawDirections(parent);
    UNITS.forEach((unit, index) => this.#legend(parent, `unit ${unit}`, UNIT_X[index], 177, unit, "legend unit"));
    TRIANGLES.forEach((name, index) => {
      const x = 22 + index * 37.8;
      const triangle = polygon([[x - 8, 194], [x + 8, 194], [x, 207]], { class: "seg" }, parent);
      this.legends.set(`triangle ${name || index + 1}`, triangle);
    });
  }

  #legend(parent, key, x, y, text, style) {
    this.legends.set(key, svg("text", { class: `seg ${style}`, x, y, text }, parent));
  }

  /** Signal bars, breaker and rates: the upper right corner. */
  #drawStatus(parent) {
    const antenna = "M254 13h14l-7 8zM260 20h2v10h-2z";
    this.legends.set("antenna", svg("path", { class: "seg", d: antenna }, parent));
    for (let bars = 1; bars <= 4; bars += 1) {
      const height = 3 + bars * 3.5;
      const at = { x: 264 + bars * 6, y: 30 - height, width: 4.2, height };
      this.legends.set(`signal ${bars}`, svg("rect", { class: "seg", ...at }, parent));
    }
    const posts = "M306 27.5h8a3 3 0 1 1 0 2.4h-8zM338 27.5h-8a3 3 0 1 0 0 2.4h8z";
    this.legends.set("breaker", svg("path", { class: "seg", d: posts }, parent));
    this.legends.set("breaker closed", svg("path", { class: "seg", d: "M316 24.6h12v2.2h-12z" }, parent));
    this.legends.set("breaker open", svg("path", { class: "seg", d: "M316.4 25.4L326.8 13.4l1.9 1.6L318.3 27z" }, parent));
    for (let rate = 1; rate <= 4; rate += 1) {
      this.#legend(parent, `rate ${rate}`, 325 + rate * 25, 30, `T${rate}`, "legend rate");
    }
  }

  /** Energy arrows: out of and into the household. */
  #drawDirections(parent) {
    const arrow = (x, side) => [[x, 41.5], [x + side * 11, 48], [x, 54.5]];
    for (const [name, letter, x] of [["active", "P", 254], ["reactive", "Q", 356]]) {
      this.#legend(parent, `${name} export label`, x, 53, `−${letter}`, "legend");
      this.legends.set(`${name} export`, polygon(arrow(x + 37, -1), { class: "seg" }, parent));
      this.legends.set(`${name} import`, polygon(arrow(x + 45, 1), { class: "seg" }, parent));
      this.#legend(parent, `${name} import label`, x + 61, 53, `+${letter}`, "legend");
    }
  }

  /** Light what the meter says; with `powered` false nothing. */
  show(lcd, powered) {
    this.upper.show(powered ? lcd.alphanumeric : "");
    this.lower.show(powered ? lcd.numeric : "");
    const lit = powered ? wantedLegends(lcd) : new Set();
    for (const [key, element] of this.legends) light(element, lit.has(key));
  }

  /** What the glass shows, from the lit segments. */
  read() {
    const on = (prefix) => [...this.legends].filter(([key, element]) => key.startsWith(prefix) && isLit(element))
      .map(([key]) => key.slice(prefix.length));
    const direction = (name) => on(`${name} `).find((key) => key === "import" || key === "export") ?? null;
    return {
      alphanumeric: this.upper.read().trimEnd(),
      numeric: this.lower.read().trimStart(),
      unit: on("unit ").join(" "),
      rate: on("rate ").map(Number)[0] ?? null,
      active_direction: direction("active"),
      reactive_direction: direction("reactive"),
      breaker: on("breaker ")[0] ?? null,
      signal: on("signal ").length,
      triangles: on("triangle "),
    };
  }
}

function wantedLegends(lcd) {
  const lit = new Set(["antenna"]);
  if (lcd.unit) lit.add(`unit ${lcd.unit}`);
  if (lcd.rate) lit.add(`rate ${lcd.rate}`);
  for (const name of ["active", "reactive"]) {
    const direction = lcd[`${name}_direction`];
    if (direction) lit.add(`${name} ${direction}`).add(`${name} ${direction} label`);
  }
  if (lcd.breaker) lit.add("breaker").add(`breaker ${lcd.breaker}`);
  for (let bars = 1; bars <= lcd.signal; bars += 1) lit.add(`signal ${bars}`);
  for (const name of lcd.triangles) lit.add(`triangle ${name}`);
  return lit;
}

/** Where the markings below the LCD are printed, in its coordinates. */
export const MARKINGS = TRIANGLES.map((name, index) => ({ name, x: 22 + index * 37.8 }));
