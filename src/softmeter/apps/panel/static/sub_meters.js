// The simulated sub-meters on the M-Bus of the meter: read, plugged in and out, tampered with.

import { Field, grouped, Hands, html } from "./widgets.js";

const EVERY_MS = 2000;
const SEEN_AFTER_MS = 1200;
const PATH = "api/bench/sub-meters";
const HANDS = [["attached", "attached"], ["opened", "opened"], ["battery_low", "battery low"], ["broken", "broken"]];

/** What has been counted, as its display would show it. */
const counted = ({ counted: count, exponent }) => grouped(count * 10 ** exponent, Math.max(-exponent, 0));

class Row {
  constructor(meter, send) {
    this.reading = html("output");
    this.more = html("div", { style: "sub-more quiet" });
    this.boxes = HANDS.map(([key, name]) => {
      const box = html("input", { type: "checkbox", "data-control": key });
      box.addEventListener("change", () => send({ [key]: box.checked }));
      return { key, box, element: html("label", { style: key === "attached" ? "tick" : "fault" }, box, html("span", { text: name })) };
    });
    this.flow = new Field({ key: "flow", name: `Flow, ${meter.flow_unit}`, min: 0, max: 1000000, placeholder: "by habit" }, send);
    this.element = html(
      "div", { style: "sub-meter", role: "group", "aria-label": `${meter.kind} ${meter.place}` },
      html("div", { style: "sub-head" }, html("b", { text: meter.kind }), this.reading),
      this.more,
      html("div", { style: "sub-hands" }, this.flow.element, html("div", { style: "sub-boxes" }, ...this.boxes.map(({ element }) => element))),
    );
  }

  show(meter) {
    this.reading.replaceChildren(counted(meter), " ", html("small", { text: meter.unit.replace("m3", "m³") }));
    const words = [
      meter.channel === null ? "on no channel" : `channel ${meter.channel}`,
      meter.valve === null ? "" : `valve ${meter.valve}`, meter.encrypts ? "ciphered" : "",
    ].filter(Boolean).map((text) => html("span", { text }));
    this.more.replaceChildren(html("code", { text: meter.secondary_address }), ...words);
    for (const { key, box } of this.boxes) box.checked = meter[key];
    this.flow.show(meter.flow);
    this.element.classList.toggle("away", !meter.attached);
  }
}

export class SubMetersCard {
  #rows = new Map();
  #asked = -EVERY_MS;

  constructor(connection) {
    this.connection = connection;
    this.hands = new Hands(connection, "#sub-meters-problem", () => {});
    this.card = document.querySelector("#sub-meters-card");
    this.list = document.querySelector("#sub-meters");
  }

  /** A new state of the meter: look at the sub-meters as well, unless that was just done. */
  show() {
    if (performance.now() - this.#asked < EVERY_MS) return;
    this.#asked = performance.now();
    this.#read();
  }

  async #read() {
    try {
      const meters = await this.connection.get(PATH);
      this.card.hidden = meters.length === 0;
      for (const meter of meters) this.#shown(meter);
    } catch {
      // The event stream tells of the trouble; the next state asks again.
    }
  }

  #shown(meter) {
    let row = this.#rows.get(meter.place);
    if (!row) {
      row = new Row(meter, (change) => this.#change(meter.place, change));
      this.#rows.set(meter.place, row);
      this.list.append(row.element);
    }
    row.show(meter);
  }

  /** What is done acts from the next whole second on: look then. */
  async #change(place, change) {
    this.#asked = performance.now();
    await this.hands.post(`${PATH}/${place}`, change);
    setTimeout(() => this.#read(), SEEN_AFTER_MS);
  }
}
