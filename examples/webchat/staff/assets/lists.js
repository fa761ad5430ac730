// The views and the tickets in them. A list that was loaded once is kept right
// by the stream, so going back to it shows it at once.

import { bus, changed, pause, backoff } from "./base.js";
import { call } from "./api.js";
import { state, putTicket, isClosed, isMine } from "./store.js";

export const views = [
  { id: "waiting", label: "Waiting", icon: "clock", empty: "Nobody is waiting. Well done.", fits: (t) => !isClosed(t) && !!t.waiting_since && !t.snoozed },
  { id: "mine", label: "Mine", icon: "person", empty: "No open tickets are assigned to you.", fits: (t) => !isClosed(t) && isMine(t) },
  { id: "open", label: "All open", icon: "inbox", empty: "There are no open tickets.", fits: (t) => !isClosed(t) },
  { id: "resolved", label: "Resolved", icon: "done", empty: "Nothing has been resolved yet.", fits: isClosed },
  { id: "all", label: "All", icon: "all", empty: "There are no tickets yet.", fits: () => true },
];

// A smart view is the desk's to fill: which tickets it has, and in which order.
export const isSmart = (id) => String(id).startsWith("smart-");
export const smartOf = (id) => state.views.find((v) => `smart-${v.id}` === id);

export function viewOf(id) {
  if (!isSmart(id)) return views.find((v) => v.id === id) || views[0];
  const view = smartOf(id);
  return { id, label: view ? view.name : "View", icon: "filter", empty: "No ticket fits this view.", fits: () => true, smart: true };
}

const lists = new Map();

export function listOf(view) {
  if (!lists.has(view)) lists.set(view, { view, ids: new Set(), next: "", phase: "empty", order: [] });
  return lists.get(view);
}

// Who waits longest comes first; elsewhere what moved last comes first.
function compare(view, a, b) {
  const by = view === "waiting"
    ? Date.parse(a.waiting_since || a.updated) - Date.parse(b.waiting_since || b.updated)
    : Date.parse(b.updated) - Date.parse(a.updated);
  return by || (a.id < b.id ? -1 : 1);
}

// While the pointer is over the list, rows keep their places, so that nobody
// clicks on what has just moved under the hand.
let held = false;
export function hold(on) {
  if (held === on) return;
  held = on;
  if (!on) changed();
}

export function listed(view) {
  const list = listOf(view);
  const { fits, smart } = viewOf(view);
  if (smart) return [...list.ids].map((id) => state.tickets.get(id)).filter(Boolean);
  const current = state.route.ticket;
  const shown = [...list.ids].map((id) => state.tickets.get(id))
    // The ticket at hand stays until another is chosen: an answer must not pull it away.
    .filter((t) => t && (fits(t) || t.id === current));
  shown.sort((a, b) => compare(view, a, b));
  if (held) {
    const place = new Map(list.order.map((id, i) => [id, i]));
    const rank = (t) => (place.has(t.id) ? place.get(t.id) : view === "waiting" ? Infinity : -1);
    shown.sort((a, b) => { const d = rank(a) - rank(b); return Number.isNaN(d) ? 0 : d; });
  }
  list.order = shown.map((t) => t.id);
  return shown;
}

bus.on("ticket", (ticket) => {
  for (const list of lists.values()) {
    if (list.phase === "empty") continue;
    if (isSmart(list.view)) { refreshSoon(list); continue; }
    if (viewOf(list.view).fits(ticket)) list.ids.add(ticket.id);
    else if (ticket.id !== state.route.ticket) list.ids.delete(ticket.id);
  }
});

bus.on("gone", (id) => { for (const list of lists.values()) list.ids.delete(id); });

// loadList fetches the first page, later ones when the end comes into sight.
// It answers with the position in the event stream the page was true at.
export async function loadList(view) {
  const list = listOf(view);
  if (list.phase === "loading" || (list.phase === "ready" && !list.next)) return "";
  const first = list.phase !== "ready";
  list.phase = "loading";
  list.failed = false;
  changed();
  try {
    const page = await call("GET", `tickets?view=${encodeURIComponent(view)}${list.next ? `&after=${encodeURIComponent(list.next)}` : ""}`);
    if (lists.get(view) !== list) return "";
    if (first && isSmart(view)) list.ids.clear();
    for (const ticket of page.tickets || []) { putTicket(ticket); list.ids.add(ticket.id); }
    list.next = page.next || "";
    list.phase = "ready";
    return page.position;
  } catch (err) {
    list.phase = first ? "empty" : "ready";
    list.failed = true;
    throw err;
  } finally {
    changed();
  }
}

// refreshSoon asks anew for the beginning of a smart view that may have changed: at
// most once a second, and once more when the desk has surely counted.
function refreshSoon(list) {
  if (list.view !== state.route.view) { if (list.phase === "ready") Object.assign(list, { phase: "empty", next: "" }); return; }
  if (list.timer) { list.again = true; return; }
  list.timer = setTimeout(async () => {
    await refresh(list).catch(() => {});
    list.timer = 0;
    if (list.again) { list.again = false; refreshSoon(list); }
  }, list.again === undefined ? 300 : 1000);
  list.again = list.again === undefined; // the first time it is asked twice
}

async function refresh(list) {
  if (lists.get(list.view) !== list || list.phase !== "ready") return;
  const page = await call("GET", `tickets?view=${encodeURIComponent(list.view)}`);
  if (lists.get(list.view) !== list || list.phase !== "ready") return;
  for (const ticket of page.tickets || []) state.tickets.set(ticket.id, { ...state.tickets.get(ticket.id), ...ticket });
  list.ids = new Set((page.tickets || []).map((t) => t.id));
  list.next = page.next || "";
  changed();
}

// keepLoading repeats the first page until it came; for views chosen later.
export async function keepLoading(view) {
  const list = listOf(view);
  if (list.wanted) return;
  list.wanted = true;
  for (let attempt = 0; list.phase === "empty" && lists.get(view) === list; attempt++) {
    try {
      await loadList(view);
    } catch (err) {
      if (err.permanent || err.status === 401) return;
      await pause(backoff(attempt));
    }
  }
  list.wanted = false;
}

let countsTimer = 0;
let countsAgain = false;
let countsLast = 0;
// Many changes make one request. Counts follow the desk's log some moments behind:
// so it is asked once more when nothing has changed for a while, and for as long as
// those of a new view are being made.
export function countSoon(late = false) {
  if (countsTimer) { countsAgain = true; return; }
  clearTimeout(countsLast);
  countsTimer = setTimeout(async () => {
    try { state.counts = await call("GET", "counts"); changed(); } catch { /* the next change asks again */ }
    countsTimer = 0;
    const counted = Object.keys(state.counts.smart || {});
    if (counted.length !== Math.min(200, state.views.length) || counted.some((id) => !smartOf(`smart-${id}`))) bus.emit("views");
    if (countsAgain) { countsAgain = false; countSoon(); return; }
    const building = Object.values(state.counts.smart || {}).some((c) => c.building);
    if (building || !late) countsLast = setTimeout(() => countSoon(true), 1500);
  }, 300);
}

export const forgetList = (view) => lists.delete(view);
export const forgetLists = () => lists.clear();
