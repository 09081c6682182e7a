// The panel: what the meter says onto the page, and the button and bench back to the meter.

import { BenchStrip } from "./bench.js";
import { PowerChart } from "./chart.js";
import { Connection } from "./connection.js";
import { Button, NamePlate, PulseLed } from "./face.js";
import { LCD } from "./lcd.js";
import { LinksCard } from "./links.js";
import { FirmwareCard, ModemCard } from "./modem.js";
import { Outside } from "./outside.js";
import { Readings, showIdentity } from "./readings.js";
import { SubMetersCard } from "./sub_meters.js";
import { Surroundings } from "./surroundings.js";
import { TimeControls } from "./time.js";
import { number } from "./widgets.js";

const MARGIN = 12;
const find = (selector) => document.querySelector(selector);
const connection = new Connection();
const face = find("#face");
const lcd = new LCD(find("#lcd"));
const plate = new NamePlate(face);
const leds = { active: new PulseLed(find("#led-active")), reactive: new PulseLed(find("#led-reactive")) };
const readings = new Readings(find("#registers"), find("#instantaneous"));
const chart = new PowerChart(find("#chart"));
const cards = [
  new BenchStrip(connection), new Surroundings(connection), new ModemCard(connection), new LinksCard(connection),
  new SubMetersCard(connection), new FirmwareCard(), new Outside(face),
];
const time = new TimeControls(connection);
let shown = null;

function chip(name, text, style = "") {
  const element = find(`#chip-${name}`);
  element.querySelector("dd").textContent = text;
  element.className = `chip ${style}`;
}

/** What the glass shows in words, read back from its segments. */
function spoken({ description }, powered) {
  if (!powered) return "no power, display dark";
  const { alphanumeric, numeric, unit } = lcd.read();
  return [description || alphanumeric, `${numeric} ${unit}`.trim()].filter(Boolean).join(": ");
}

function showDisplay(state) {
  lcd.show(state.lcd, state.powered);
  const text = spoken(state.lcd, state.powered);
  find("#lcd").setAttribute("aria-label", `Display. ${text}`);
  find("#caption-text").textContent = state.powered ? state.lcd.description || "\u00a0" : "The display is dark";
  const item = `${state.powered} ${state.lcd.description || state.lcd.alphanumeric} ${state.lcd.unit}`;
  if (item !== shown) find("#announcement").textContent = text;   // a new item is spoken, its every change is not
  shown = item;
}

function showPower(state) {
  const power = state.readings.active_power_w;
  find("#power-now").textContent = power === null ? "–" : number(Math.abs(power), 0);
  const direction = power === null || power === 0 ? "" : power > 0 ? "import" : "export";
  find("#power-direction").textContent = direction && (direction === "import" ? "▼ from the grid" : "▲ to the grid");
  find("#power-direction").className = direction;
  chart.add(state.time.instant, power ?? 0);
}

function showTime(time) {
  chip("time", time.instant.replace("T", " ").replace(/(\.\d+)?(Z|\+00:00)$/, " UTC"));
  chip("rate", time.rate === 0 ? "stands still" : `× ${time.rate}`);
}

function show(state) {
  chip("power", state.powered ? "on" : "no power", state.powered ? "good" : "bad");
  showTime(state.time);
  showDisplay(state);
  for (const [name, led] of Object.entries(leds)) led.play(state.tick, state.leds[name], state.powered);
  const status = state.powered ? state.leds.status : "off";
  for (const style of ["on", "blink"]) find("#led-status").classList.toggle(style, status === style);
  plate.show(state.identity);
  readings.show(state);
  showPower(state);
  for (const card of cards) card.show(state);
  time.show(state.time);
}

/** Once per connection: what does not change while it lasts. */
async function begin() {
  try {
    const [state, history] = await Promise.all([connection.get("api/state"), connection.get("api/history")]);
    document.title = `${state.identity.logical_device_name} · softmeter`;
    find("#subtitle").textContent = `${state.identity.logical_device_name} · ${state.identity.type}`;
    showIdentity(state.ports, state.identity, find("#ports"), find("#identity"));
    chart.load(history);
  } catch {
    // The event stream tells of the trouble and calls again.
  }
}

function showLink(link) {
  const refused = link instanceof Error;
  document.body.classList.toggle("stale", link !== "live");
  chip("link", refused ? "refused" : link === "lost" ? "lost, trying again" : link, link === "live" ? "good" : "bad");
  if (link === "lost") find("#happening").textContent = "The panel has lost the meter and tries again";
  const form = find("#token-form");
  const asks = refused && link.status === 401;
  document.body.classList.toggle("locked", asks);
  if (asks && form.hidden) setTimeout(() => find("#token").focus());
  form.hidden = !asks;
  if (refused) find("#token-problem").textContent = link.message;
  if (link === "live") begin();
}

/** Keep the first column in sight while the page scrolls: where the window is lower, its end. */
const first = find(".first");
const keepInSight = () => { first.style.top = `${Math.min(MARGIN, window.innerHeight - first.offsetHeight - MARGIN)}px`; };
new ResizeObserver(keepInSight).observe(first);
window.addEventListener("resize", keepInSight);

new Button(find("#button"), (duration) => {
  connection.post("api/display/press", { duration_ms: duration }).catch((error) => chip("link", error.message, "bad"));
});
find("#token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  connection.token = find("#token").value;
  connection.follow(show, showLink);
});
connection.follow(show, showLink);

// For tests and the curious: what the glass shows, from its lit segments.
window.softmeter = { readLcd: () => lcd.read() };
