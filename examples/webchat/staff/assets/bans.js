// Who is kept from writing, and what was held back from them.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText } from "./dates.js";
import { state } from "./store.js";
import { ask, dialog, labelled, toast } from "./overlay.js";

const kinds = { email: "Address", domain: "Domain", user_id: "Customer ID", ip: "IP address or network", end_user: "This person" };

// banDialog asks whom to keep out; of an end user it is known.
export function banDialog(who) {
  const kind = el("select", { class: "control" }, Object.entries(kinds).filter(([k]) => (k === "end_user") === !!who).map(([k, text]) => el("option", { value: k }, text)));
  const value = el("input", { class: "control", maxlength: "750", dir: "auto", placeholder: "noise@example.com" });
  const reason = el("textarea", { class: "control", maxlength: "500", rows: "2", dir: "auto" });
  const days = el("select", { class: "control" }, [["1", "A day"], ["7", "A week"], ["30", "30 days"], ["0", "For good"]].map(([v, t]) => el("option", { value: v, selected: v === "7" }, t)));
  return dialog({
    title: who ? `Ban ${who.name}?` : "New ban", yes: "Ban", danger: true,
    text: "What a banned person writes makes no ticket. It is kept for 30 days, and you can read it here.",
    content: [who ? null : labelled("By", kind), who ? null : labelled("Value", value), labelled("Why", reason, "Only staff reads this."), labelled("How long", days)],
    onSubmit: () => call("POST", "office/bans", { kind: kind.value, value: who ? who.id : value.value, reason: reason.value, days: Number(days.value) }),
  });
}

export async function lift(ban) {
  if (!(await ask({ title: "Lift this ban?", text: "What is written from now on comes in again.", yes: "Lift" }))) return false;
  try { await call("DELETE", `office/bans/${encodeURIComponent(ban.id)}`); return true; } catch (err) { toast(errorText(err)); return false; }
}

export function createBans() {
  const content = el("div", {});
  const node = el("section", { "aria-labelledby": "bans-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "bans-title" }, "Bans"), el("p", { class: "soft" }, "Who may not write to the desk, and what they tried to.")),
      el("button", { type: "button", class: "button", onclick: async () => { if (await banDialog()) load(); } }, icon("plus"), "New ban")), content);
  let got = null;

  async function load() {
    try { got = await call("GET", "office/bans"); } catch (err) { toast(errorText(err)); }
    changed();
  }

  function render() {
    node.querySelector("header .button").hidden = !(state.may || []).includes("organise");
    if (!got) return;
    remake(content, JSON.stringify([got, state.may]), () => [
      got.bans.length ? el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, ["Who", "Why", "By", "Until", ""].map((t) => el("th", { scope: "col" }, t)))),
        el("tbody", {}, got.bans.map((b) => el("tr", {}, el("td", { dir: "auto" }, el("strong", {}, b.who || b.value || "—"), el("small", { class: "soft" }, ` ${kinds[b.kind]}`)),
          el("td", { "data-label": "Why", dir: "auto" }, b.reason || "—"), el("td", { "data-label": "By" }, b.by.name || "The shop’s program"), el("td", { "data-label": "Until" }, b.until ? dayText(b.until) : "For good"),
          el("td", {}, (state.may || []).includes("organise") ? iconButton("close", "Lift the ban", async () => { if (await lift(b)) load(); }) : null))))) : el("p", { class: "empty-line" }, "Nobody is banned."),
      el("header", { class: "office-head second" }, el("div", {}, el("h2", {}, "Held back"), el("p", { class: "soft" }, "Messages of banned people of the last 30 days."))),
      got.withheld.length ? el("ul", { class: "withheld" }, got.withheld.map((w) => el("li", {}, el("p", {}, el("strong", { dir: "auto" }, w.who.name || "A visitor"), " ", el("time", { class: "soft", datetime: w.time }, dayText(w.time))), el("p", { dir: "auto" }, w.text)))) : el("p", { class: "empty-line" }, "Nothing was held back."),
    ]);
  }
  return { node, load, render };
}
