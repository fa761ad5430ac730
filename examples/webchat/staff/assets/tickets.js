// The list of tickets of one view.

import { changed } from "./base.js";
import { el, icon, iconButton, reconcile, avatar } from "./dom.js";
import { relative, waiting, fullTime } from "./dates.js";
import { errorText } from "./api.js";
import { state, visitorName, isUnread, isClosed, isMine } from "./store.js";
import { createBulkBar, tickBox, tick as select } from "./bulk.js";
import { queueName } from "./work.js";
import { duePill, tickDue } from "./due.js";
import { createSearch, search, marked } from "./search.js";
import { editView } from "./smart.js";
import { viewOf, smartOf, listOf, listed, loadList, keepLoading, hold } from "./lists.js";
import { ticketHref, go } from "./router.js";
import { toast } from "./overlay.js";

export const statusText = {
  new: "New", new_for_agent: "New", agent_replied: "Answered", waiting_for_agent: "Needs reply",
  pending_reassignment: "Reassign", resolved: "Resolved", rejected: "Rejected",
};
export const priorityText = { urgent: "Urgent", high: "High", normal: "Normal", low: "Low" };

export function statusPill(ticket) {
  return el("span", { class: `pill status-${ticket.status}` }, statusText[ticket.status] || ticket.status);
}

// tick keeps the times true without making anything anew.
export function tick(root = document) {
  tickDue(root);
  for (const node of root.querySelectorAll("time[data-since]")) {
    const { text, level } = waiting(node.dataset.since);
    const full = `${node.dataset.before || ""}${text}`;
    if (node.textContent !== full) node.textContent = full;
    node.className = `waiting ${level}`;
  }
  for (const node of root.querySelectorAll("time[data-at]")) {
    const text = relative(node.dataset.at);
    if (node.textContent !== text) node.textContent = text;
  }
}

export function waitingTime(iso, before = "") {
  const { text, level } = waiting(iso);
  return el("time", { class: `waiting ${level}`, datetime: iso, "data-since": iso, "data-before": before, title: `Waiting since ${fullTime(iso)}` }, `${before}${text}`);
}

function lastText(ticket) {
  const { last } = ticket;
  if (!last) return "";
  const text = last.redacted ? "Message removed" : last.text || (last.attachments ? `${last.attachments} ${last.attachments === 1 ? "attachment" : "attachments"}` : "");
  if (last.author === "end_user" || last.author === "system") return text;
  const who = last.author === "agent" ? (isMine(ticket) ? "You" : "Team") : last.author === "bot" ? "Bot" : "Automation";
  return `${who}: ${text}`;
}

function row(ticket, current, words = {}) {
  const name = visitorName(ticket.end_user);
  const unread = isUnread(ticket);
  const urgent = ticket.priority === "urgent" || ticket.priority === "high";
  const when = ticket.last ? ticket.last.time : ticket.updated;
  return el("li", { class: `ticket-item${state.selected.has(ticket.id) ? " selected" : ""}` }, el("label", { class: "tick-place" }, tickBox(ticket)), el("a", {
    href: ticketHref(ticket.id), class: `ticket${unread ? " unread" : ""}${isClosed(ticket) ? " closed" : ""}`,
    "aria-current": current ? "true" : undefined,
  },
  avatar(ticket.end_user, ticket.end_user && (ticket.end_user.name || ticket.end_user.email) ? name : "?"),
  el("span", { class: "ticket-main" },
    el("span", { class: "ticket-line" },
      unread ? el("span", { class: "dot" }, el("span", { class: "hidden-text" }, "Unread. ")) : null,
      el("span", { class: "ticket-name", dir: "auto" }, words.end_user ? marked(words.end_user) : name),
      ticket.queue && !isClosed(ticket) ? el("span", { class: "ticket-queue", title: "Queue", dir: "auto" }, queueName(ticket.queue)) : null,
      el("time", { datetime: when, "data-at": when, title: fullTime(when) }, relative(when))),
    ticket.title ? el("span", { class: "ticket-title", dir: "auto" }, words.title ? marked(words.title) : ticket.title) : null,
    words.message ? el("span", { class: "ticket-text snippet", dir: "auto" }, marked(words.message)) : el("span", { class: "ticket-text", dir: "auto" }, lastText(ticket)),
    el("span", { class: "ticket-foot" },
      // What does not fit in one line is left out, the tags first.
      el("span", { class: "ticket-tags" },
        statusPill(ticket),
        ticket.snoozed ? el("span", { class: "pill snoozed-pill", title: `Snoozed until ${fullTime(ticket.snoozed.until)}` }, icon("moon"), "Snoozed") : null,
        ticket.merged ? el("span", { class: "pill" }, `Into #${ticket.merged.into.number}`) : null,
        ticket.resolution && ticket.resolution.score ? el("span", { class: "pill rated-pill", title: `Rated ${ticket.resolution.score} of 5` }, icon("star"), String(ticket.resolution.score)) : null,
        urgent ? el("span", { class: `flag ${ticket.priority}`, title: `Priority: ${priorityText[ticket.priority]}` }, icon("flag"),
          el("span", { class: "hidden-text" }, `${priorityText[ticket.priority]} priority`)) : null,
        duePill(ticket),
        ticket.waiting_since && !isClosed(ticket) ? waitingTime(ticket.waiting_since, "Waiting ") : null,
        (ticket.tags || []).slice(0, 3).map((tag) => el("span", { class: "tag", dir: "auto" }, tag))),
      ticket.assignee ? el("span", { class: "assignee", title: `Assigned to ${ticket.assignee.name}` }, avatar(ticket.assignee, ticket.assignee.name, "tiny"),
        el("span", { class: "hidden-text" }, `Assigned to ${ticket.assignee.name}`)) : null))));
}

export function createTicketList() {
  const title = el("h1", { id: "list-title" });
  const edit = iconButton("write", "Change this view", () => editView(smartOf(state.route.view)), { class: "icon-button edit-view", hidden: true });
  const all = el("button", { type: "button", class: "text-button select-all", hidden: true, onclick: () => selectAll() });
  const box = createSearch();
  const bulk = createBulkBar();
  const list = el("ul", { class: "tickets", "aria-labelledby": "list-title" });
  const note = el("p", { class: "list-note" });
  const more = el("button", { type: "button", class: "text-button more", hidden: true, onclick: () => fetchMore() }, "Load more");
  const hint = el("p", { class: "list-hint", role: "status" });
  const scroller = el("div", { class: "list-scroll" }, hint, list, note, more);
  const node = el("section", { class: "list", "aria-labelledby": "list-title" }, el("header", { class: "list-head" }, el("div", { class: "list-title" }, title, edit, all), box.node), scroller, bulk.node);
  let shown = "";
  let lastCurrent = null;

  const shownTickets = () => (search.active() ? search.tickets() : listed(state.route.view));

  // selectAll ticks what is loaded, or nothing where that is ticked already.
  function selectAll() {
    const ids = shownTickets().map((t) => t.id);
    const every = ids.every((id) => state.selected.has(id));
    for (const id of ids) if (every) state.selected.delete(id); else state.selected.add(id);
    changed();
  }

  function fetchMore() {
    if (search.active()) { search.ask(true); return; }
    loadList(state.route.view).catch((err) => toast(errorText(err)));
  }

  function render() {
    const { view, ticket: current } = state.route;
    const { label, empty } = viewOf(view);
    const data = listOf(view);
    if (data.phase === "empty" && state.joined) keepLoading(view);
    const searching = search.active();
    const place = searching ? "search" : view;
    if (shown !== place) { shown = place; scroller.scrollTop = 0; list.replaceChildren(); }
    title.textContent = searching ? "Search" : label;
    edit.hidden = searching || !smartOf(view);
    const tickets = shownTickets();
    node.classList.toggle("selecting", state.selected.size > 0);
    all.hidden = !state.selected.size || !tickets.length;
    all.textContent = tickets.every((t) => state.selected.has(t.id)) ? "Select none" : "Select all";
    bulk.render();
    reconcile(list, tickets.map((t) => {
      const words = searching ? search.words(t.id) : undefined;
      return { key: t.id, sign: JSON.stringify([t, t.id === current, state.me && state.me.id, state.selected.has(t.id), words]), make: () => row(t, t.id === current, words) };
    }));
    const loading = searching ? search.phase() === "loading" : data.phase !== "ready";
    list.setAttribute("aria-busy", String(loading));
    hint.textContent = searching ? search.hint() : "";
    note.hidden = tickets.length > 0;
    note.textContent = searching ? search.note() : loading ? (data.failed ? "The desk can not be reached. Trying again…" : "Loading…") : empty;
    more.hidden = !(searching ? search.more() : data.next) || !tickets.length;
    more.disabled = loading;
    more.textContent = loading ? "Loading…" : "Load more";
    if (current !== lastCurrent) {
      lastCurrent = current;
      const at = list.querySelector("[aria-current]");
      if (at) at.scrollIntoView({ block: "nearest" });
    }
  }

  // move selects the next or previous ticket.
  function move(by) {
    const tickets = shownTickets();
    if (!tickets.length) return;
    const at = tickets.findIndex((t) => t.id === state.route.ticket);
    const to = at < 0 ? (by > 0 ? 0 : tickets.length - 1) : Math.min(tickets.length - 1, Math.max(0, at + by));
    if (by > 0 && to === tickets.length - 1 && !more.hidden) fetchMore();
    const inside = list.contains(document.activeElement);
    go(ticketHref(tickets[to].id), !!state.route.ticket);
    render();
    if (inside) list.children[to].querySelector("a").focus();
  }

  list.addEventListener("keydown", (e) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    e.preventDefault();
    e.stopPropagation();
    move(e.key === "ArrowDown" ? 1 : -1);
  });
  // Touch has no hover to hold the rows for.
  list.addEventListener("pointerenter", (e) => { if (e.pointerType === "mouse") hold(true); });
  list.addEventListener("pointerleave", () => hold(false));
  scroller.addEventListener("scroll", () => {
    if (!more.hidden && !more.disabled && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 400) fetchMore();
  });
  // A first page that does not fill the pane would never scroll.
  new ResizeObserver(() => { if (!more.hidden && !more.disabled && scroller.scrollHeight <= scroller.clientHeight) fetchMore(); }).observe(scroller);

  setInterval(() => { tick(); }, 15000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { tick(); changed(); } });
  return {
    node, render, move, search: box.focus,
    tick: () => { const id = state.route.ticket; if (id) select(id, !state.selected.has(id)); },
  };
}
