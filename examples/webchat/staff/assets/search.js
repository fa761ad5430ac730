// The search box above the list: tickets by number, words, name or address.

import { changed } from "./base.js";
import { call, errorText } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { state, putTicket } from "./store.js";
import { toast } from "./overlay.js";

const found = { query: "", ids: [], snippets: new Map(), next: "", phase: "idle", loose: false, building: false };
let run = 0;

export const search = {
  active: () => found.query !== "",
  phase: () => found.phase,
  more: () => !!found.next,
  tickets: () => found.ids.map((id) => state.tickets.get(id)).filter(Boolean),
  words: (id) => found.snippets.get(id),
  note() {
    if (found.phase === "failed") return "The search can not be reached right now.";
    if (found.phase === "loading") return "Searching…";
    if (!found.ids.length) return found.building ? "Nothing yet: the index is still being built." : "Nothing is like that.";
    return "";
  },
  hint: () => (found.phase === "ready" && found.ids.length ? (found.building ? "The index is still being built: there may be more." : found.loose ? "Not everything you looked for is in one ticket. These are near." : "") : ""),

  async ask(onward) {
    const mine = ++run;
    if (!onward) found.phase = "loading";
    changed();
    try {
      const page = await call("GET", `search?q=${encodeURIComponent(found.query)}${onward ? `&after=${encodeURIComponent(found.next)}` : ""}`);
      if (mine !== run) return;
      if (!onward) { found.ids = []; found.snippets.clear(); }
      for (const hit of page.hits) {
        putTicket(hit.ticket);
        if (!found.ids.includes(hit.ticket.id)) found.ids.push(hit.ticket.id);
        found.snippets.set(hit.ticket.id, Object.fromEntries(hit.snippets.map((s) => [s.in, s.parts])));
      }
      Object.assign(found, { next: page.next || "", loose: page.loose, building: page.building, phase: "ready" });
    } catch (err) {
      if (mine !== run) return;
      found.phase = "failed";
      if (err.permanent) toast(errorText(err));
    }
    changed();
  },
};

// marked shows the words in their surroundings: every second part is one.
export const marked = (parts) => parts.map((part, i) => (i % 2 ? el("mark", {}, part) : part));

export function createSearch() {
  const input = el("input", { type: "search", class: "search-input", placeholder: "Search all tickets", "aria-label": "Search all tickets: number, words, name or address", autocomplete: "off", spellcheck: "false", maxlength: "500", dir: "auto" });
  const clear = iconButton("close", "Clear the search", () => { input.value = ""; set(); input.focus(); }, { class: "icon-button search-clear", hidden: true });
  const node = el("div", { class: "search", role: "search" }, icon("search"), input, el("kbd", { "aria-hidden": "true" }, "/"), clear);
  let timer = 0;

  function set() {
    const query = input.value.trim();
    clear.hidden = !input.value;
    if (query === found.query) return;
    clearTimeout(timer);
    found.query = query;
    if (!query) { run++; Object.assign(found, { ids: [], next: "", phase: "idle" }); found.snippets.clear(); changed(); return; }
    timer = setTimeout(() => search.ask(false), 160);
    found.phase = "loading";
    changed();
  }
  input.addEventListener("input", set);
  input.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && input.value) { e.preventDefault(); e.stopPropagation(); input.value = ""; set(); }
    if (e.key === "Enter") { e.preventDefault(); clearTimeout(timer); if (found.query) search.ask(false); }
  });
  return { node, focus: () => { input.focus(); input.select(); } };
}
