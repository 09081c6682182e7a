// What is done to the meter from outside and what it is set to, on its drawing and in words: covers, magnet, modes, …

const CONDITIONS = [
  ["unpowered", "No power", (state) => !state.powered],
  ["terminal-open", "Terminal cover open", ({ bench }) => bench.terminal_cover_open === true],
  ["meter-open", "Meter cover open", ({ bench }) => bench.meter_cover_open === true],
  ["module-open", "Module cover open", ({ bench }) => bench.module_cover_open === true],
  ["module-out", "Module taken out", ({ bench }) => bench.module_present === false],
  ["magnet-near", "Magnet at the meter", ({ bench }) => bench.strong_field === true],
  ["calibration-open", "Calibration seal broken", ({ bench }) => bench.calibration_seal_broken === true],
  ["head-off", "Optical head taken off", ({ bench }) => bench.optical_head === false],
  ["request-off", "P1 cable out", ({ bench }) => bench.p1_request === false],
  ["certifying", "Certification mode", ({ modes }) => modes.includes("certification")],
  ["programming", "May be programmed on the spot", ({ modes }) => modes.includes("programming")],
  ["giving-periods", "Optical output gives measuring periods", ({ modes }) => modes.includes("measuring periods")],
  ["breaker-open", "Breaker open", ({ breaker }) => breaker === "open"],
];
const WIRING = "Wiring diagram: line in 1, line out 3, neutral in 4, neutral out 6";

export class Outside {
  #said = null;

  constructor(face) {
    this.face = face;
    this.list = document.querySelector("#conditions");
    this.voice = document.querySelector("#happening");
    this.wiring = face.querySelector("#wiring");
  }

  show(state) {
    const holding = CONDITIONS.filter(([, , holds]) => holds(state));
    for (const [style, , holds] of CONDITIONS) this.face.classList.toggle(style, holds(state));
    const { breaker } = state;
    this.wiring.setAttribute("aria-label", breaker ? `${WIRING}; breaker ${breaker}` : WIRING);
    const words = holding.map(([, name]) => name);
    const text = words.join(", ");
    if (text === this.#said) return;
    this.list.replaceChildren(...words.map((word) => Object.assign(document.createElement("li"), { textContent: word })));
    if (this.#said !== null) this.voice.textContent = text || "Everything as it should be";
    this.#said = text;
  }
}
