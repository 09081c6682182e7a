// Pieces that the cards are made of.

const SEND_AFTER_MS = 120;

/** A new HTML element with text and class. */
export function html(name, { text = "", style = "", ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  if (style) element.className = style;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== "") element.textContent = text;
  element.append(...children);
  return element;
}

/** A number with a true minus sign. */
export const number = (value, decimals) => value.toFixed(decimals).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");

/** A number with a thin space between thousands. */
export const grouped = (value, decimals = 0) => value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replaceAll(",", "\u202f");

/** Calls of the bench from one card: what the server refuses is told in the card. */
export class Hands {
  constructor(connection, problem, onBench) {
    Object.assign(this, { connection, onBench, problem: document.querySelector(problem) });
  }

  async post(path, body) {
    try {
      const answer = await this.connection.post(path, body);
      this.problem.textContent = "";
      return answer;
    } catch (error) {
      this.problem.textContent = error.message;
      return null;
    }
  }

  async override(change) {
    const bench = await this.post("api/bench/override", change);
    if (bench) this.onBench({ bench });
  }
}

/** Something with two positions; `calm` is the one in which nobody has touched it. */
export class Switch {
  constructor({ key, name, off, on, calm = false, sent = null, seen = null }, send) {
    Object.assign(this, { key, off, on, calm });
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

const whole = (value) => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(0)}`;

/** A number with a slider; `calm` is what it is while nobody touches it, `shown` its text. */
export class Slide {
  #timer = null;

  constructor({ key, name, min, max, calm, step = 1, unit = "", shown = null }, send) {
    Object.assign(this, { key, calm });
    this.shown = shown ?? ((value) => `${whole(value)} ${unit}`);
    const id = `bench-${key}`;
    this.slider = html("input", { type: "range", id, min, max, step, value: calm });
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
    this.output.textContent = this.shown(value);
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
  }

  show(imposed) {
    if (this.#timer !== null) return;
    this.slider.value = imposed ?? this.calm;
    this.#write(imposed ?? this.calm);
    this.element.classList.toggle("imposed", imposed !== null && imposed !== undefined);
    this.release.disabled = imposed === null || imposed === undefined;
  }
}

/** A number to be typed; empty is what nobody has touched. `factor` makes what is typed what is sent. */
export class Field {
  constructor({ key, name, label = name, factor = 1, placeholder = "", ...limits }, send) {
    Object.assign(this, { key, factor });
    this.input = html("input", { type: "number", step: "any", placeholder, "aria-label": label, "data-control": key, ...limits });
    this.element = html("label", { style: "field" }, html("span", { text: name }), this.input);
    this.input.addEventListener("change", () => {
      const typed = this.input.value.trim();
      if (this.input.checkValidity()) send({ [key]: typed === "" ? null : Number((Number(typed) * factor).toPrecision(12)) });
      else this.input.reportValidity();
    });
  }

  show(imposed) {
    const is = imposed !== null && imposed !== undefined;
    this.input.classList.toggle("touched", is);
    if (document.activeElement === this.input) return;
    this.input.value = is ? Number((imposed / this.factor).toPrecision(12)) : "";
  }
}

/** A list of names and values, made once and then only written to: `[[key, name], …]`. */
export class Facts {
  #values = new Map();

  constructor(list, names) {
    for (const [key, name] of names) {
      const value = html("dd", { "data-fact": key, text: "–" });
      this.#values.set(key, value);
      list.append(html("div", {}, html("dt", { text: name }), value));
    }
  }

  write(key, text, style = "", ...more) {
    const value = this.#values.get(key);
    value.className = style;
    value.replaceChildren(text || "–", ...more);
  }
}
