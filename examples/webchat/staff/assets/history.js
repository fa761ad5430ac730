// The history of a ticket as people read it.

import { el, avatar } from "./dom.js";
import { call, ticketPath, errorText } from "./api.js";
import { state } from "./store.js";
import { dayText, dayKey, timeText, fullTime } from "./dates.js";
import { decisionText, queueName } from "./work.js";
import { statusText, priorityText } from "./tickets.js";

const names = { assignee: "assignee", priority: "priority", label: "label", title: "title", tags: "tags", language: "language", links: "links", group: "group", queue: "queue", copied: "people in copy", followers: "followers" };

function nameOf(what) {
  if (!what.startsWith("fields.")) return names[what] || what;
  const field = state.fields.find((f) => f.key === what.slice(7));
  return field ? field.name || field.key : what.slice(7);
}

const quoted = (text) => el("q", { dir: "auto" }, text);
const answers = { accepted: "said that it is solved", rejected: "said that it isn’t solved", asked: "was asked whether it is solved", expired: "didn’t say whether it is solved" };

// sentence is what happened, behind the name of who did it.
function sentence(e) {
  const { what, from, to } = e;
  switch (what) {
    case "created": return ["opened the ticket"];
    case "message": return [`wrote message ${e.seq}`];
    case "note": return [`added note ${e.seq}`];
    case "line": return [`added line ${e.seq}`];
    case "delivery failed": return [`message ${e.seq} couldn’t be delivered`];
    case "woken": return ["woke the ticket"];
    case "redacted": return [e.seq ? `removed what message ${e.seq} said, or a file of it` : "removed what a pattern found"];
    case "erased": return ["erased what was written"];
    case "snoozed until": return [`snoozed it until ${fullTime(to.replace(" UTC", "Z").replace(" ", "T"))}`];
    case "status": return [`changed it from ${statusText[from] || from} to `, el("strong", {}, statusText[to] || to)];
    case "answer": return [answers[to] || to];
    case "rating": return [`rated it ${to} of 5`];
    case "rating asked": return [e.kind === "end_user" ? "was asked for a rating" : "asked for a rating"];
    case "rating not asked any more": return ["doesn’t ask for a rating any more"];
    case "merged into": return to ? [`merged it into ${to}`] : [`took it out of ${from} again`];
    case "took over": return to ? [`merged ${to} into it`] : [`took ${from} out of it again`];
    case "split off": return [`split off ${to}`];
    case "assignee": return to === e.who ? ["took it", from ? ` from ${from}` : ""] : to ? (from ? [`passed it from ${from} to `, el("strong", {}, to)] : ["assigned it to ", el("strong", {}, to)]) : from === e.who ? ["let go of it"] : [`took it from ${from}`];
    case "offered to": return ["offered it to ", el("strong", {}, to)];
    case "declined by": return ["declined it"];
    case "not taken in time by": return [`took it back from ${to}, who didn’t take it in time`];
    case "queue": return to ? [from ? `moved it from ${queueName(from)} to ` : "put it into ", el("strong", {}, queueName(to))] : [`took it out of ${queueName(from)}`];
    case "links": return ["changed the links"];
    case "tags": return tags(from, to);
    case "priority": return to ? ["set the priority to ", el("strong", {}, priorityText[to] || to)] : ["took the priority away"];
  }
  const name = nameOf(what);
  if (!from && !to) return [`changed ${name}`];
  if (!to) return [`cleared ${name}, which was `, quoted(from)];
  return from ? [`changed ${name} from `, quoted(from), " to ", quoted(to)] : [`set ${name} to `, quoted(to)];
}

function tags(from, to) {
  const list = (text) => (text ? text.split(", ") : []);
  const [before, after] = [list(from), list(to)];
  const added = after.filter((t) => !before.includes(t));
  const gone = before.filter((t) => !after.includes(t));
  return [[added.length ? `added ${added.map((t) => `“${t}”`).join(", ")}` : "", gone.length ? `removed ${gone.map((t) => `“${t}”`).join(", ")}` : ""].filter(Boolean).join(" and ") || "changed the tags"];
}

function entry(e) {
  const name = e.kind === "system" ? "The desk" : e.who || "Somebody";
  return el("li", { class: "history-entry" }, avatar({ id: e.id || e.who }, e.kind === "system" ? "·" : name, "tiny"),
    el("div", { class: "history-text" }, el("span", { class: "history-who", dir: "auto" }, name), " ", ...sentence(e),
      el("time", { datetime: e.time, title: fullTime(e.time) }, timeText(e.time)),
      e.decision ? el("span", { class: "history-why", dir: "auto" }, decisionText(e.decision)) : e.why ? el("span", { class: "history-why", dir: "auto" }, e.why.replace(/^queue (\S+)$/, (_, id) => `Queue ${queueName(id)}`)) : null));
}

// createHistory shows the history of one ticket after the other, and takes what is
// new as the ticket changes.
export function createHistory() {
  const list = el("ol", { class: "history", "aria-label": "History" });
  const note = el("p", { class: "soft history-note" });
  const more = el("button", { type: "button", class: "text-button more", hidden: true, onclick: () => load(true) }, "Load more");
  const node = el("section", { class: "history-pane", hidden: true }, list, note, more);
  let shown = "";
  let revision = -1;
  let entries = [];
  let next = "";
  let run = 0;

  async function load(onward) {
    const mine = ++run;
    const id = shown;
    try {
      const page = await call("GET", ticketPath(id, `/history${onward && next ? `?after=${encodeURIComponent(next)}` : ""}`));
      if (mine !== run || id !== shown) return;
      entries = onward ? [...entries, ...page.entries] : page.entries;
      next = page.next || "";
      paint();
    } catch (err) {
      if (mine === run) note.textContent = errorText(err);
    }
  }

  function paint() {
    const items = [];
    let day = "";
    for (const e of entries) {
      if (e.what === "status" && statusText[e.from] === statusText[e.to]) continue; // people see no difference
      if (dayKey(e.time) !== day) { day = dayKey(e.time); items.push(el("li", { class: "history-day" }, dayText(e.time))); }
      items.push(entry(e));
    }
    list.replaceChildren(...items);
    note.textContent = entries.length ? "" : "Nothing yet.";
    more.hidden = !next;
  }

  function render(ticket, on) {
    node.hidden = !on;
    if (!on || !ticket) return;
    if (shown === ticket.id && revision === ticket.revision) return;
    const fresh = shown !== ticket.id;
    shown = ticket.id;
    revision = ticket.revision;
    if (fresh) { entries = []; next = ""; list.replaceChildren(); note.textContent = "Loading…"; more.hidden = true; }
    // Who has gone on to later pages keeps them.
    if (fresh || !next) load(false);
  }

  return { node, render };
}

