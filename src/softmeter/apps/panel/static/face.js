// The front of the meter apart from its LCD: name plate, LEDs and the display button.

import { drawBarcode } from "./barcode.js";
import { MARKINGS } from "./lcd.js";
import { svg } from "./svg.js";

const FLASH_MS = 60;
const SHORT_PRESS_MS = 2000;
const LONGEST_PRESS_MS = 60000;

/** Print what differs between meters, and the markings of the triangles. */
export class NamePlate {
  #serial = "";

  constructor(face) {
    this.face = face;
    const markings = face.querySelector("#markings");
    for (const { name, x } of MARKINGS) {
      if (name) svg("text", { x, y: 0, "text-anchor": "middle", text: name }, markings);
      else svg("circle", { cx: x, cy: -4.5, r: 1.6 }, markings);
    }
  }

  show(identity) {
    if (identity.serial === this.#serial) return;
    this.#serial = identity.serial;
    const print = (id, text) => { this.face.querySelector(id).textContent = text; };
    print("#plate-type", identity.type);
    print("#plate-serial", identity.serial);
    print("#plate-year", identity.year);
    this.face.classList.toggle("has-breaker", identity.type.endsWith("+D"));
    drawBarcode(this.face.querySelector("#plate-barcode"), identity.serial);
  }
}

/** A pulse LED that flashes at the instants the meter gives. */
export class PulseLed {
  #tick = null;
  #timers = new Set();

  constructor(element) {
    this.element = element;
    element.dataset.flashes = "0";
  }

  /** Flash for the pulses of a tick, once; offsets are milliseconds from now. */
  play(tick, train, powered) {
    if (tick === this.#tick) return;
    const first = this.#tick === null;
    this.#tick = tick;
    if (first || !powered) return;
    for (const offset of train.offsets_ms) this.#later(offset, () => this.#flash());
  }

  #flash() {
    this.element.classList.add("on");
    this.element.dataset.flashes = Number(this.element.dataset.flashes) + 1;
    this.lastFlash = (this.lastFlash ?? 0) + 1;
    const mine = this.lastFlash;
    this.#later(FLASH_MS, () => { if (mine === this.lastFlash) this.element.classList.remove("on"); });
  }

  #later(delay, action) {
    const timer = setTimeout(() => { this.#timers.delete(timer); action(); }, delay);
    this.#timers.add(timer);
  }
}

/** The display button: tells how long it was held, by mouse, finger or key. */
export class Button {
  #since = null;

  constructor(element, onPress) {
    this.element = element;
    this.onPress = onPress;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.#down();
    });
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => this.#up());
    element.addEventListener("contextmenu", (event) => event.preventDefault());   // a long touch is a long press
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      if (!event.repeat) this.#down();
    });
    element.addEventListener("keyup", (event) => { if (event.key === "Enter" || event.key === " ") this.#up(); });
    element.addEventListener("blur", () => this.#up());
  }

  #down() {
    this.#since = performance.now();
    this.element.classList.add("pressed");
    this.longTimer = setTimeout(() => this.element.classList.add("long"), SHORT_PRESS_MS);
  }

  #up() {
    if (this.#since === null) return;
    const duration = Math.min(Math.round(performance.now() - this.#since), LONGEST_PRESS_MS);
    this.#since = null;
    clearTimeout(this.longTimer);
    this.element.classList.remove("pressed", "long");
    this.onPress(duration);
  }
}
