// Talking to the panel's server: state by server-sent events, button and bench by POST.

const TOKEN_KEY = "softmeter-panel-token";

/** The token from the address (`#token=…` or `?token=…`), remembered for this tab and taken out of the address. */
function takeToken() {
  const address = new URL(window.location.href);
  const given = new URLSearchParams(address.hash.slice(1)).get("token") ?? address.searchParams.get("token");
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given);
    window.history.replaceState(null, "", address.pathname);
  }
  return given ?? sessionStorage.getItem(TOKEN_KEY) ?? "";
}

/** One server and this tab's token. */
export class Connection {
  #token = takeToken();
  #source = null;

  set token(token) {
    this.#token = token;
    sessionStorage.setItem(TOKEN_KEY, token);
  }

  async #fetch(path, options = {}) {
    const headers = { ...options.headers };
    if (this.#token) headers["X-Panel-Token"] = this.#token;
    const response = await fetch(path, { ...options, headers, cache: "no-store" });
    if (response.ok) return response.status === 204 ? null : response.json();
    const problem = await response.json().catch(() => ({ message: response.statusText }));
    throw Object.assign(new Error(problem.message), { status: response.status });
  }

  get(path) {
    return this.#fetch(path);
  }

  post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return this.#fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /**
   * Follow the state for ever. `onLink` gets "live", "lost" or, when the server refuses, an error with its `status`.
   */
  follow(onState, onLink) {
    this.#source?.close();
    const query = this.#token ? `?token=${encodeURIComponent(this.#token)}` : "";
    const source = new EventSource(`api/events${query}`);
    this.#source = source;
    source.addEventListener("open", () => onLink("live"));
    source.addEventListener("state", (event) => onState(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      onLink("lost");
      if (source.readyState === EventSource.CLOSED) this.#findOut(onState, onLink);
    });
  }

  /** Why the browser gave up on the stream; a server that is merely away is tried again. */
  async #findOut(onState, onLink) {
    try {
      await this.get("api/state");
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        onLink(error);
        return;
      }
    }
    setTimeout(() => this.follow(onState, onLink), 2000);
  }
}
