// What the meter measures and who it is, as tables beside it.

import { grouped, html, number } from "./widgets.js";

const QUANTITIES = [
  ["voltage_v", "Voltage U", "V", 1], ["current_a", "Current I", "A", 2], ["active_power_w", "Active power P", "W", 0],
  ["reactive_power_var", "Reactive power Q", "var", 0], ["apparent_power_va", "Apparent power S", "VA", 0],
  ["power_factor", "Power factor", "", 3], ["frequency_hz", "Frequency f", "Hz", 2],
];

const energy = (value) => grouped(value / 1000, 3);

/** Registers by rate and instantaneous values. Cells are made once and then only written to. */
export class Readings {
  #cells = new Map();
  #shape = "";

  constructor(table, list) {
    Object.assign(this, { table, list });
    for (const [key, name] of [...QUANTITIES, ["pulses_active", "Pulses P"], ["pulses_reactive", "Pulses Q"]]) {
      const value = html("dd", { "data-quantity": key, text: "–" });
      this.#cells.set(key, value);
      list.append(html("div", {}, html("dt", { text: name }), value));
    }
  }

  show(state) {
    this.#registers(state.readings.registers, state.lcd.rate);
    for (const [key, , unit, decimals] of QUANTITIES) {
      const value = state.readings[key];
      const unitText = unit ? [" ", html("small", { text: unit })] : [];
      this.#cells.get(key).replaceChildren(value === null ? "–" : number(value, decimals), ...(value === null ? [] : unitText));
    }
    for (const kind of ["active", "reactive"]) this.#cells.get(`pulses_${kind}`).textContent = grouped(state.leds[kind].count);
  }

  #registers(registers, activeRate) {
    const kinds = [...new Set(registers.map(({ kind }) => kind))];
    const rates = [...new Set(registers.map(({ rate }) => rate))].sort();
    const shape = `${kinds} ${rates}`;
    if (shape !== this.#shape) this.#layOut(kinds, rates, shape);
    for (const { kind, rate, value, obis } of registers) {
      const [whole, decimals] = energy(value).split(".");
      const cell = this.#cells.get(`${kind} ${rate}`);
      cell.replaceChildren(whole, html("span", { style: "decimals", text: `.${decimals}` }));
      cell.dataset.obis = obis;
      cell.title = obis;
      cell.classList.toggle("active-rate", rate !== 0 && rate === activeRate);
    }
  }

  #layOut(kinds, rates, shape) {
    this.#shape = shape;
    const heads = kinds.map((kind) => html("th", { scope: "col", text: kind.replace("-", "−") }));
    this.table.tHead.replaceChildren(html("tr", {}, html("th", { scope: "col", text: "kWh" }), ...heads));
    this.table.tBodies[0].replaceChildren(...rates.map((rate) => {
      const cells = kinds.map((kind) => {
        const cell = html("td");
        this.#cells.set(`${kind} ${rate}`, cell);
        return cell;
      });
      return html("tr", {}, html("th", { scope: "row", text: rate ? `T${rate}` : "Total" }), ...cells);
    }));
  }
}

/** A command with a button that copies it. */
function command(text) {
  const button = html("button", { type: "button", text: "Copy", "aria-label": `Copy: ${text}` });
  const words = text.split(" ").flatMap((word) => [html("span", { text: word }), " "]);   // a line ends between words only
  const code = html("code", { tabindex: "0" }, ...words.slice(0, -1));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      window.getSelection().selectAllChildren(code);   // no clipboard outside secure contexts
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return html("div", { style: "command" }, code, button);
}

/** Draw ports and identity; they do not change while the meter runs. */
export function showIdentity(ports, identity, portList, identityList) {
  portList.replaceChildren(...ports.map(({ name, address, protocol, commands }) => html("div", { style: "port" },
    html("div", { style: "port-name" }, html("b", { text: name[0].toUpperCase() + name.slice(1) }), html("code", { text: address }),
      html("span", { style: "quiet", text: protocol })),
    ...commands.map(command))));
  const rows = [["Type", identity.type], ["Serial number", identity.serial], ["Logical device name", identity.logical_device_name],
    ["System title", identity.system_title]];
  identityList.replaceChildren(...rows.map(([name, value]) =>
    html("div", {}, html("dt", { text: name }), html("dd", { text: value }))));
}
