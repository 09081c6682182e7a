// The communication module, the network around it, and the firmware of the meter.

import { Facts, Hands, html, Slide, Switch } from "./widgets.js";

const SWITCHES = [
  { key: "network_up", name: "Mobile network", off: "down", on: "up", calm: true },
  { key: "access_refused", name: "Data network", off: "lets in", on: "refuses" },
  { key: "roaming", name: "Network", off: "home", on: "roaming" },
];
const SIGNALS = [
  { key: "rsrp", name: "Signal, RSRP", min: -140, max: -44, calm: -85, unit: "dBm" },
  { key: "rsrq", name: "Quality, RSRQ", min: -20, max: -3, calm: -10, unit: "dB" },
];
const TECHNOLOGIES = [
  ["", "as it is"], [1, "GPRS"], [2, "EDGE"], [5, "LTE"], [7, "LTE Cat-M1"], [8, "NB-IoT"],
];
const REGISTERED = { home: "good", roaming: "good" };
const octets = (count) => (count < 10000 ? `${count} octets` : count < 1e7 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`);

/** Four bars as the LCD shows them. */
function bars(signal) {
  const heights = [4, 7, 10, 13];
  const drawn = heights.map((height, index) => {
    const bar = html("i", index < signal ? { style: "lit" } : {});
    bar.style.height = `${height}px`;
    return bar;
  });
  return html("span", { style: "bars", role: "img", "aria-label": `${signal} of 4 bars` }, ...drawn);
}

export class ModemCard {
  #signal = null;

  constructor(connection) {
    const hands = new Hands(connection, "#modem-problem", ({ bench }) => this.#showBench(bench));
    const send = (change) => hands.override(change);
    this.facts = new Facts(document.querySelector("#modem"), [
      ["registration", "Registered"], ["online", "Data network"], ["operator", "Operator"], ["technology", "Technology"],
      ["rsrp", "RSRP"], ["rsrq", "RSRQ"], ["sent", "Sent"], ["received", "Received"],
      ["pushes", "Pushes"],
    ]);
    this.switches = SWITCHES.map((one) => new Switch(one, send));
    this.slides = SIGNALS.map((one) => new Slide(one, send));
    this.technology = html("select", { id: "bench-technology" }, ...TECHNOLOGIES.map(([value, text]) => html("option", { value, text })));
    this.technology.addEventListener("change", () => {
      send({ technology: this.technology.value === "" ? null : Number(this.technology.value) });
    });
    const hang = html("button", { type: "button", text: "Let it hang", title: "The module stops working until the meter resets it" });
    hang.addEventListener("click", () => send({ modem_hangs: (this.hangs ?? 0) + 1 }));
    document.querySelector("#modem-controls").append(
      html("div", { style: "switches" }, ...this.switches.map(({ element }) => element)),
      ...this.slides.map(({ element }) => element),
      html("div", { style: "hand" }, html("label", { style: "field" }, html("span", { text: "Technology of the cell" }), this.technology), hang),
    );
  }

  #showBench(bench) {
    for (const one of [...this.switches, ...this.slides]) one.show(bench[one.key] ?? null);
    this.hangs = bench.modem_hangs;
    this.technology.classList.toggle("touched", (bench.technology ?? null) !== null);
    if (document.activeElement !== this.technology) this.technology.value = bench.technology ?? "";
  }

  show({ bench, modem, lcd }) {
    this.#showBench(bench);
    const heard = modem.registration === "home" || modem.registration === "roaming";
    this.facts.write("registration", modem.registration, REGISTERED[modem.registration] ?? "bad");
    this.facts.write("online", modem.online ? "open" : "closed", modem.online ? "good" : "bad");
    this.facts.write("operator", modem.operator);
    this.facts.write("technology", heard ? modem.technology : "");
    const signal = heard ? lcd.signal : 0;
    if (this.#signal !== `${modem.rsrp_dbm} ${signal}`) {
      this.facts.write("rsrp", `−${Math.abs(modem.rsrp_dbm)} dBm`, "", bars(signal));
      this.#signal = `${modem.rsrp_dbm} ${signal}`;
    }
    this.facts.write("rsrq", `−${Math.abs(modem.rsrq_db)} dB`);
    this.facts.write("sent", octets(modem.sent));
    this.facts.write("received", octets(modem.received));
    this.facts.write("pushes", modem.pushes_waiting ? `${modem.pushes_waiting} waiting` : "none waiting");
  }
}

export class FirmwareCard {
  constructor() {
    this.facts = new Facts(document.querySelector("#firmware"), [
      ["legal", "Legally relevant part"], ["application", "Application"], ["phase", "Image transfer"],
    ]);
    this.transfer = document.querySelector("#transfer");
    this.text = document.querySelector("#transfer-text");
    this.bar = document.querySelector("#transfer-bar");
  }

  show({ firmware }) {
    const { legal, application, phase, image, received, blocks } = firmware;
    this.facts.write("legal", legal);
    this.facts.write("application", application);
    this.facts.write("phase", phase, phase.includes("failed") ? "bad" : phase.includes("successful") ? "good" : "");
    this.transfer.hidden = blocks === 0;
    if (blocks === 0) return;
    this.bar.max = blocks;
    this.bar.value = received;
    this.text.textContent = `${image}: ${received} of ${blocks} blocks`;
  }
}
