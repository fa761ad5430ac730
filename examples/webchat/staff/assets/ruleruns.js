// What rules did: the log of one rule, and what ran on a ticket.

import { el } from "./dom.js";
import { call, errorText, ticketPath } from "./api.js";
import { dayKey, dayText, fullTime, timeText } from "./dates.js";
import { ticketHref } from "./router.js";
import { outcomes } from "./ruletry.js";
import { causeText } from "./ruletext.js";

function entry(run, of) {
  const head = of === "rule"
    ? el("a", { href: ticketHref(run.ticket.id), onclick: (e) => e.currentTarget.closest("dialog")?.close(), dir: "auto" }, run.ticket.number ? `#${run.ticket.number} ${run.ticket.title}` : "A ticket that you don’t see")
    : el("span", { class: "history-who", dir: "auto" }, run.name || "A rule that is gone");
  return el("li", { class: "run" }, el("p", { class: "run-head" }, head, el("span", { class: "soft small" }, causeText(run)), el("time", { datetime: run.time, title: fullTime(run.time) }, timeText(run.time))),
    run.cut ? el("p", { class: "rule-hint warning" }, `Nothing was done: ${run.cut}`) : outcomes(run.did));
}

// runList is a list of runs in pages, the newest first.
export function runList(path, { of }) {
  const list = el("ol", { class: "runs" }), note = el("p", { class: "soft", role: "status" }, "Loading…");
  const more = el("button", { type: "button", class: "text-button more", hidden: true, onclick: () => load(true) }, "Load more");
  let next = "", day = "", turn = 0;
  async function load(onward) {
    const mine = ++turn;
    try {
      const page = await call("GET", path + (onward && next ? `?after=${encodeURIComponent(next)}` : ""));
      if (mine !== turn) return;
      if (!onward) { list.replaceChildren(); day = ""; }
      for (const run of page.runs) {
        if (dayKey(run.time) !== day) { day = dayKey(run.time); list.append(el("li", { class: "history-day" }, dayText(run.time))); }
        list.append(entry(run, of));
      }
      next = page.next || "";
      more.hidden = !next;
      note.textContent = list.children.length ? "" : of === "rule" ? "It hasn’t run yet." : "No rule has run on this ticket.";
    } catch (err) { if (mine === turn) note.textContent = errorText(err); }
  }
  return { node: el("div", { class: "run-list" }, list, note, more), load };
}

// createTicketRuns shows the rules that ran on one ticket after the other.
export function createTicketRuns() {
  const node = el("section", { class: "history-pane", hidden: true });
  let shown = "", revision = -1, list = null;
  function render(ticket, on) {
    node.hidden = !on;
    if (!on || !ticket || (shown === ticket.id && revision === ticket.revision)) return;
    if (shown !== ticket.id) {
      list = runList(ticketPath(ticket.id, "/rules"), { of: "ticket" });
      node.replaceChildren(list.node);
    }
    shown = ticket.id;
    revision = ticket.revision;
    list.load();
  }
  return { node, render };
}
