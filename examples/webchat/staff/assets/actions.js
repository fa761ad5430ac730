// The head of a conversation: who it is, and what can be done with the ticket.

import { changed } from "./base.js";
import { errorText } from "./api.js";
import { el, icon, iconButton, remake, avatar } from "./dom.js";
import { state, change, isClosed, isMine, visitorName } from "./store.js";
import { fullTime } from "./dates.js";
import { statusPill, waitingTime, priorityText } from "./tickets.js";
import { menu, ask, toast } from "./overlay.js";
import { askMissing, missing } from "./fields.js";
import { snoozeMenu } from "./snooze.js";
import { merge, split, link } from "./arrange.js";
import { moveDialog } from "./work.js";
import { mayRedact, removeCards } from "./redact.js";

// act runs one change; meanwhile its buttons do not answer a second click.
// explain may put an error into words of its own.
const busy = new Set();
export async function act(id, action, body, told, explain) {
  if (busy.has(id)) return false;
  busy.add(id);
  changed();
  try {
    await change(id, action, body);
    if (told) toast(told, "good");
    return true;
  } catch (err) {
    toast((explain && explain(err)) || errorText(err));
    return false;
  } finally {
    busy.delete(id);
    changed();
  }
}

async function reject(ticket) {
  const sure = await ask({
    title: "Reject this ticket?", danger: true, yes: "Reject ticket",
    text: "Use this for spam and misuse. The ticket is closed without an answer.",
  });
  if (sure) act(ticket.id, "reject", {}, "The ticket was rejected.");
}

// resolve asks for the fields that have to be filled in first.
export async function resolve(ticket) {
  if (missing(ticket).length && !(await askMissing(ticket))) return;
  act(ticket.id, "resolve", {}, "The ticket is resolved.");
}

function snooze(ticket, until, reason) {
  return act(ticket.id, "snooze", { until: until.toISOString(), reason }, `Snoozed until ${fullTime(until.toISOString())}.`);
}

function moreMenu(button, ticket) {
  const several = ((state.threads.get(ticket.id) || {}).messages || new Map()).size > 1;
  const items = [
    ticket.merged ? null : { label: "Merge into…", face: icon("merge"), run: () => merge(ticket) },
    several ? { label: "Split…", face: icon("split"), run: () => split(ticket) } : null,
    isClosed(ticket) || ticket.merged ? null : { label: "Move to a queue…", face: icon("folder"), run: () => moveDialog(ticket) },
    isClosed(ticket) || ticket.merged || !ticket.assignee ? null : { label: "Back to its queue", face: icon("release"), run: () => act(ticket.id, "return", {}, "It is back in its queue.") },
    { label: "Link to…", face: icon("link"), run: () => link(ticket) },
    mayRedact() ? { label: "Remove card numbers…", face: icon("close"), run: () => removeCards(ticket) } : null,
    isClosed(ticket) ? null : { label: "Reject", face: icon("reject"), danger: true, run: () => reject(ticket) },
  ];
  menu(button, "More", items.filter(Boolean));
}

function assignMenu(button, ticket) {
  const others = [...state.agents].sort((a, b) => (b.id === state.me.id) - (a.id === state.me.id) || a.name.localeCompare(b.name));
  menu(button, "Assign to", others.map((agent) => ({
    label: agent.id === state.me.id ? `${agent.name} (you)` : agent.name, hint: agent.role, face: avatar(agent, agent.name, "small"),
    checked: !!ticket.assignee && ticket.assignee.id === agent.id,
    run: () => act(ticket.id, "assign", { agent: agent.id }, `Assigned to ${agent.name}.`),
  })));
}

function priorityMenu(button, ticket) {
  const choices = ["urgent", "high", "normal", "low", ""];
  menu(button, "Priority", choices.map((p) => ({
    label: priorityText[p] || "No priority", checked: (ticket.priority || "") === p,
    run: () => act(ticket.id, "set", { priority: p }),
  })));
}

function button(glyph, label, onclick, extra = {}) {
  const { class: more = "", ...rest } = extra;
  return el("button", { type: "button", class: `button ${more}`, title: label, onclick, ...rest }, icon(glyph), el("span", { class: "button-label" }, label));
}

const opens = { "aria-haspopup": "menu", "aria-expanded": "false" };

export function createHead({ onBack, onDetails }) {
  const titles = el("div", { class: "head-titles" });
  const details = iconButton("info", "Details", onDetails, { class: "icon-button details-toggle", "aria-expanded": "false" });
  const bar = el("div", { class: "actions", role: "toolbar", "aria-label": "Ticket" });
  const node = el("header", { class: "head" },
    el("div", { class: "head-top" }, iconButton("back", "Back to the list", onBack, { class: "icon-button back" }), titles, details), bar);

  function buttons(ticket) {
    const { id } = ticket;
    // Not "disabled": that would take the focus away from who uses the keyboard.
    const disabled = busy.has(id) ? { "aria-disabled": "true" } : {};
    const more = iconButton("more", "More", (e) => moreMenu(e.currentTarget, state.tickets.get(id)), { class: "button", ...opens, ...disabled });
    if (ticket.merged) return [el("span", { class: "spring" }), more];
    if (isClosed(ticket)) return [button("reopen", "Reopen", () => act(id, "reopen", {}, "The ticket is open again."), { class: "primary", ...disabled }), el("span", { class: "spring" }), more];
    const mine = isMine(ticket);
    return [
      mine ? button("release", "Release", () => act(id, "release", {}), disabled)
        : button("hand", "Take", () => (state.tickets.get(id).assignee ? act(id, "assign", { agent: state.me.id }) : act(id, "take", {})), disabled),
      button("assign", "Assign", (e) => assignMenu(e.currentTarget, state.tickets.get(id)), { ...opens, ...disabled }),
      button("flag", priorityText[ticket.priority] || "Priority", (e) => priorityMenu(e.currentTarget, state.tickets.get(id)),
        { ...opens, ...disabled, class: `priority-${ticket.priority || "none"}`, title: "Priority" }),
      ticket.snoozed ? button("moon", "Wake", () => act(id, "wake", {}, "The ticket is awake again."), disabled)
        : button("moon", "Snooze", (e) => snoozeMenu(e.currentTarget, (until, reason) => snooze(ticket, until, reason)), { ...opens, ...disabled }),
      more,
      el("span", { class: "spring" }),
      button("check", "Resolve", () => resolve(state.tickets.get(id)), { class: "primary", ...disabled }),
    ];
  }

  function render(ticket) {
    node.hidden = !ticket;
    if (!ticket) return;
    const online = ticket.end_user && state.online.get(ticket.end_user.id);
    remake(titles, JSON.stringify([ticket.title, ticket.number, ticket.status, ticket.end_user, ticket.waiting_since, ticket.assignee, online]), () => [
      el("h2", { dir: "auto" }, visitorName(ticket.end_user), online ? el("span", { class: "online-dot", title: "Online" }, el("span", { class: "hidden-text" }, " (online)")) : null),
      el("p", { class: "head-facts" },
        el("span", {}, `#${ticket.number}`), statusPill(ticket),
        ticket.waiting_since && !isClosed(ticket) ? waitingTime(ticket.waiting_since, "Waiting ") : null,
        el("span", { class: "head-assignee" }, ticket.assignee ? `${ticket.assignee.name}${isMine(ticket) ? " (you)" : ""}` : "Unassigned"),
        ticket.title ? el("span", { class: "head-title", dir: "auto" }, ticket.title) : null),
    ]);
    const focused = bar.contains(document.activeElement) ? [...bar.children].indexOf(document.activeElement) : -1;
    const made = remake(bar, JSON.stringify([ticket.id, isClosed(ticket), isMine(ticket), ticket.priority, !!ticket.snoozed, !!ticket.merged, busy.has(ticket.id)]), () => buttons(ticket));
    if (made && focused >= 0) (bar.children[focused] || bar.firstChild).focus();
  }

  return { node, render, expanded: (on) => details.setAttribute("aria-expanded", String(on)) };
}
