// Time on the bench: let it run, stand still, take steps, or leap to a moment.

import { html } from "./widgets.js";

const RATES = [[0, "Pause"], [1, "× 1"], [60, "× 60"], [3600, "× 3600"]];
const STEPS = [[1, "1 s"], [60, "1 min"], [900, "15 min"], [3600, "1 h"], [86400, "1 day"]];

const SOON_MS = 400;   // what takes longer is told to take its time

export class TimeControls {
  constructor(connection) {
    this.connection = connection;
    this.problem = document.querySelector("#time-problem");
    this.waiting = document.querySelector("#time-waiting");
    this.rates = RATES.map(([rate, text]) => {
      const button = html("button", { type: "button", text, "aria-pressed": "false" });
      button.addEventListener("click", () => this.#post({ rate }));
      return { rate, button };
    });
    const steps = STEPS.map(([step, text]) => {
      const button = html("button", { type: "button", text, "aria-label": `Step ${text}` });
      button.addEventListener("click", () => this.#post({ step_s: step }));
      return button;
    });
    this.moment = html("input", { type: "text", id: "jump-to", inputmode: "numeric", autocomplete: "off", placeholder: "2026-03-29 01:55 UTC", "aria-label": "Jump to, UTC" });
    const form = html("form", { style: "jump" }, this.moment, html("button", { text: "Jump" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.moment.value.trim()) this.#post({ jump_to: this.moment.value.trim() });
    });
    document.querySelector("#time-controls").append(
      html("div", { style: "segments", role: "group", "aria-label": "Rate" }, ...this.rates.map(({ button }) => button)),
      html("div", { style: "row", role: "group", "aria-label": "Steps" }, html("span", { style: "quiet", text: "Step" }), html("div", { style: "steps" }, ...steps)),
      html("div", { style: "row" }, html("label", { for: "jump-to", style: "quiet", text: "Jump to" }), form),
    );
  }

  async #post(change) {
    const patience = setTimeout(() => { this.problem.textContent = ""; this.waiting.textContent = "Living through it …"; }, SOON_MS);
    try {
      this.show(await this.connection.post("api/bench/time", change));
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = error.message;
    } finally {
      clearTimeout(patience);
      this.waiting.textContent = "";
    }
  }

  /** What the bench's time is, the meter's own clock, which may be wrong or stand still, and the pace. */
  show(time) {
    for (const { rate, button } of this.rates) button.setAttribute("aria-pressed", String(rate === time.rate));
    document.querySelector("#time-now").textContent = time.instant.replace("T", " ").replace(/(\.\d+)?(Z|\+00:00)$/, "");
    document.querySelector("#meter-clock").textContent = time.meter_clock?.replace("T", " ").replace(/([+-]\d\d:\d\d)$/, " $1") ?? "–";
  }
}
