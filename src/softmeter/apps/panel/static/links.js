// What is wrong with the links of the meter's ports: nothing, unless somebody says so.

import { Field, Hands, html } from "./widgets.js";

const PORTS = [["wan", "WAN"], ["optical", "Optical"], ["p1", "P1"]];
const KINDS = [
  { kind: "latency_ms", name: "Delay ms", min: 0, max: 60000, placeholder: "0" },
  { kind: "bits_per_s", name: "Bit/s", min: 50, max: 1e9, placeholder: "any" },
  { kind: "drop", name: "Lost %", factor: 0.01, min: 0, max: 99.9, placeholder: "0" },
  { kind: "damage", name: "Bad %", factor: 0.01, min: 0, max: 99.9, placeholder: "0" },
  { kind: "close_s", name: "Close s", min: 0, max: 600, placeholder: "0" },
];

export class LinksCard {
  constructor(connection) {
    const hands = new Hands(connection, "#links-problem", (state) => this.show(state));
    const send = (change) => hands.override(change);
    this.ports = PORTS.map(([port, title]) => {
      const fields = KINDS.map(({ kind, name, ...rest }) =>
        new Field({ key: `${port}_${kind}`, name, label: `${title}: ${name}`, ...rest }, send));
      const element = html("fieldset", { style: "link" }, html("legend", { text: title }), ...fields.map((one) => one.element));
      return { fields, element };
    });
    this.limits = html("input", { type: "checkbox", "data-control": "wan_limits" });
    this.limits.addEventListener("change", () => send({ wan_limits: this.limits.checked ? true : null }));
    this.perfect = document.querySelector("#links-perfect");
    this.perfect.addEventListener("click", () => {
      const keys = this.ports.flatMap(({ fields }) => fields.map(({ key }) => key));
      send(Object.fromEntries([...keys, "wan_limits"].map((key) => [key, null])));
    });
    document.querySelector("#links").append(
      ...this.ports.map(({ element }) => element),
      html("label", { style: "tick" }, this.limits, html("span", { text: "WAN no faster than the technology of its cell" })),
    );
  }

  show({ bench }) {
    let touched = Boolean(bench.wan_limits);
    for (const { fields, element } of this.ports) {
      for (const one of fields) one.show(bench[one.key] ?? null);
      const here = fields.some(({ key }) => (bench[key] ?? null) !== null);
      element.classList.toggle("touched", here);
      touched ||= here;
    }
    this.limits.checked = Boolean(bench.wan_limits);
    this.perfect.disabled = !touched;
  }
}
