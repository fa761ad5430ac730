// The audit log: who changed, looked at or was refused what, the newest first.

import { el, icon, avatar, reconcile } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText, timeText } from "./dates.js";
import { state } from "./store.js";
import { toast } from "./overlay.js";

// What an entry says, by its type: verbs that people know.
const verbs = {
  "access.read": "looked at", "access.refused": "was refused", "access.lost": "entries weren’t stored",
  "ticket.created": "created", "ticket.message_added": "wrote on", "ticket.assigned": "assigned", "ticket.resolved": "resolved", "ticket.reopened": "reopened",
  "ticket.changed": "changed", "ticket.read": "read", "ticket.snoozed": "put to sleep", "ticket.woken": "woke", "ticket.merged": "merged", "ticket.split": "split", "ticket.redacted": "removed something from",
  "ban.created": "banned", "ban.lifted": "lifted", "end_user.noted": "left a note", "end_user.note_deleted": "deleted a note", "access.changed": "changed roles",
};

function verb(e) {
  if (verbs[e.what]) return verbs[e.what];
  const [kind, what] = e.what.split(".");
  return `${(what || kind).replaceAll("_", " ")} ${what ? kind.replaceAll("_", " ") : ""}`;
}

function row(e) {
  const refused = e.what === "access.refused";
  const name = e.actor.name || (e.actor.kind === "system" ? "The shop’s program" : e.actor.id);
  return el("li", { class: `audit-row${refused ? " refused" : e.what === "access.read" ? " looked" : ""}` },
    e.actor.name ? avatar(e.actor, name, "small") : el("span", { class: "avatar small", "aria-hidden": "true" }, icon("bolt")),
    el("span", { class: "audit-text" }, el("strong", { dir: "auto" }, name), " ", verb(e), " ", el("span", { dir: "auto" }, e.subject === "access:desk" ? "" : e.name || e.subject),
      refused ? el("span", { class: "pill bad" }, e.permission) : null, e.reason ? el("span", { class: "soft" }, ` (${e.reason})`) : null),
    el("time", { datetime: e.time, title: e.time }, `${dayText(e.time)}, ${timeText(e.time)}`));
}

export function createAudit() {
  const who = el("select", { class: "control", "aria-label": "By whom", onchange: () => load() });
  const list = el("ol", { class: "audit-list" });
  const more = el("button", { type: "button", class: "button", hidden: true, onclick: () => page() }, "Show more");
  const node = el("section", { "aria-labelledby": "audit-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "audit-title" }, "Audit log"), el("p", { class: "soft" }, "Who changed, looked at, or was refused what. Looking at it is in it, too.")), who), list, more);
  let entries = [], next = "", busy = false;

  async function page() {
    if (busy) return;
    busy = true;
    try {
      const got = await call("GET", `office/audit?actor=${encodeURIComponent(who.value)}&after=${encodeURIComponent(next)}`);
      entries = [...entries, ...got.entries];
      next = got.next;
    } catch (err) { toast(errorText(err)); } finally { busy = false; changed(); }
  }

  function load() {
    entries = [];
    next = "";
    return page();
  }

  function render() {
    if (!who.options.length) who.append(...[["", "Everybody"], ...[state.me, ...state.agents.filter((a) => a.id !== state.me.id)].map((a) => [a.id, a.name])].map(([v, t]) => el("option", { value: v }, t)));
    reconcile(list, entries.map((e) => ({ key: e.id, sign: "", make: () => row(e) })));
    more.hidden = !next;
  }
  return { node, load, render };
}
