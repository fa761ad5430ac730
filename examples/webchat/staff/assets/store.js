// What the page knows: tickets, their messages, presence, typing.
// Everything merges by revision or by (ticket, seq), so any order of arrival ends the same.

import { bus, changed, pause, backoff } from "./base.js";
import { call, ticketPath } from "./api.js";

export const state = {
  phase: "starting", // starting, signin, ready
  me: null, may: [], agents: [], tags: [], fields: [], groups: [], queues: [], app: null,
  counts: {}, views: [],
  tickets: new Map(),
  threads: new Map(),
  typing: new Map(),
  online: new Map(),
  colleagues: new Map(), // by ticket, who else has it open: agent id → { name, typing }
  selected: new Set(), // tickets that are ticked in the list
  connected: false, // the stream is open
  lost: false, // and has been closed for so long that people should know
  joined: false, // the first list is there, and the stream goes on from it
  route: { view: "waiting", ticket: null },
};

export const isClosed = (ticket) => ticket.status === "resolved" || ticket.status === "rejected";
export const isMine = (ticket) => !!(state.me && ticket.assignee && ticket.assignee.kind !== "group" && ticket.assignee.id === state.me.id);
export const isUnread = (ticket) => ticket.last_seq > (ticket.agent_read_seq || 0)
  && !!((ticket.last && ticket.last.author === "end_user") || ticket.waiting_since);

// visitorName names the unknown so that two of them can be told apart.
export function visitorName(user) {
  if (!user) return "Visitor";
  if (user.name || user.email) return user.name || user.email;
  const id = String(user.id || "").replace(/[^0-9a-z]/gi, "");
  return id ? `Visitor ${id.slice(-4).toLowerCase()}` : "Visitor";
}

export function agentName(id) {
  const agent = [state.me, ...state.agents].find((a) => a && a.id === id);
  return agent ? agent.name : "";
}

// putTicket keeps the newest revision; an answer may be older than the stream.
export function putTicket(next) {
  const old = state.tickets.get(next.id);
  if (old && next.revision < old.revision) return old;
  const merged = { ...old, ...next };
  if (old) {
    for (const mark of ["last_seq", "agent_read_seq", "end_user_read_seq"]) merged[mark] = Math.max(old[mark] || 0, next[mark] || 0);
  }
  state.tickets.set(next.id, merged);
  bus.emit("ticket", merged);
  return merged;
}

const keptThreads = 30;

export function thread(id) {
  let th = state.threads.get(id);
  if (!th) {
    th = { id, phase: "empty", messages: new Map(), older: false, loadingOlder: false, endUser: null, attempt: 0, gap: 0 };
    state.threads.set(id, th);
    for (const other of state.threads.keys()) {
      if (state.threads.size <= keptThreads) break;
      if (other !== id && other !== state.route.ticket) state.threads.delete(other);
    }
  }
  return th;
}

// Messages of a ticket that was merged into this one have old times and new numbers.
export const sortedMessages = (th) => [...th.messages.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || a.seq - b.seq);
export const lastSeq = (th) => Math.max(0, ...th.messages.keys());
export const firstSeq = (th) => Math.min(...th.messages.keys());

// putMessage says whether the message was new to this page.
export function putMessage(msg) {
  if (msg.client_id) bus.emit("acknowledged", msg.client_id);
  const th = state.threads.get(msg.ticket);
  // A thread that was never opened is loaded whole later; half of it would hide a gap.
  if (!th || th.phase === "empty" || th.phase === "failed") return false;
  const fresh = !th.messages.has(msg.seq);
  const before = lastSeq(th);
  th.messages.set(msg.seq, msg);
  if (th.phase === "ready" && before && msg.seq > before + 1) fillGap(th, before, msg.seq);
  return fresh;
}

// An answer to a request may overtake the stream. What is missing below it
// usually follows at once; if not, it is asked for.
function fillGap(th, after, until) {
  if (th.gap) return;
  th.gap = setTimeout(() => {
    th.gap = 0;
    for (let seq = after + 1; seq < until; seq++) {
      if (!th.messages.has(seq)) { loadNewer(th.id, after).catch(() => {}); return; }
    }
  }, 1500);
}

// loadThread takes the last page; what the stream brings meanwhile is kept too.
export async function loadThread(id) {
  const th = thread(id);
  if (th.phase !== "empty") return;
  th.phase = "loading";
  changed();
  try {
    const page = await call("GET", ticketPath(id));
    if (state.threads.get(id) !== th) return;
    takePage(th, page);
    for (const msg of page.messages || []) putMessage({ ...msg, ticket: id });
    th.older = !!page.more;
    th.attempt = 0;
    th.phase = "ready";
  } catch (err) {
    th.phase = err.status === 404 || err.status === 403 ? "missing" : "failed";
    if (th.phase === "failed" && err.status !== 401) {
      pause(backoff(th.attempt++)).then(() => { if (th.phase === "failed") { th.phase = "empty"; changed(); } });
    }
  } finally {
    changed();
  }
}

function takePage(th, page) {
  putTicket(page.ticket);
  th.endUser = page.end_user;
  if (page.end_user) state.online.set(page.end_user.id, !!page.end_user.online);
  for (const agent of page.viewers || []) setColleague(th.id, agent, {});
}

// reloadThread is for when messages moved from one ticket to another: what is
// shown stays until the new page is there.
export async function reloadThread(id) {
  const th = state.threads.get(id);
  if (!th || th.phase !== "ready") return;
  const page = await call("GET", ticketPath(id));
  if (state.threads.get(id) !== th) return;
  th.messages.clear();
  takePage(th, page);
  for (const msg of page.messages || []) th.messages.set(msg.seq, { ...msg, ticket: id });
  th.older = !!page.more;
  changed();
}

export async function loadOlder(id) {
  const th = thread(id);
  if (th.phase !== "ready" || !th.older || th.loadingOlder) return;
  th.loadingOlder = true;
  changed();
  try {
    const page = await call("GET", ticketPath(id, `/messages?before=${firstSeq(th)}&limit=50`));
    for (const msg of page.messages || []) putMessage({ ...msg, ticket: id });
    th.older = !!page.more && page.messages.length > 0;
  } finally {
    th.loadingOlder = false;
    changed();
  }
}

async function loadNewer(id, after) {
  for (let more = true; more;) {
    const page = await call("GET", ticketPath(id, `/messages?after=${after}&limit=50`));
    for (const msg of page.messages || []) putMessage({ ...msg, ticket: id });
    more = page.more && page.messages.length > 0;
    if (page.messages.length) after = page.messages.at(-1).seq;
  }
  changed();
}

// catchUp fetches what the stream may still owe, for instance while it reconnects.
export async function catchUp(id) {
  const th = state.threads.get(id);
  if (th && th.phase === "ready") await loadNewer(id, lastSeq(th));
}

export function setTyping(ticket, name, on) {
  const old = state.typing.get(ticket);
  if (old) clearTimeout(old.timer);
  state.typing.delete(ticket);
  if (!on) return;
  const timer = setTimeout(() => { state.typing.delete(ticket); changed(); }, 6000);
  state.typing.set(ticket, { name, timer });
}

// setColleague notes what another agent does on a ticket; null says that he left it.
export function setColleague(ticket, agent, what) {
  if (state.me && agent.id === state.me.id) return;
  const there = new Map(state.colleagues.get(ticket));
  const before = there.get(agent.id);
  if (before) clearTimeout(before.timer);
  if (what === null) there.delete(agent.id);
  else {
    const next = { ...before, ...what, name: agent.name || "A colleague", id: agent.id };
    if (what.typing) next.timer = setTimeout(() => { setColleague(ticket, agent, { typing: false }); changed(); }, 6000);
    there.set(agent.id, next);
  }
  if (there.size) state.colleagues.set(ticket, there); else state.colleagues.delete(ticket);
}

// markRead is repeated by later calls when it failed: the mark only moves forward.
const readSent = new Map();
export function markRead(id) {
  const ticket = state.tickets.get(id);
  const th = state.threads.get(id);
  if (!ticket || !th || th.phase !== "ready") return;
  const seq = lastSeq(th);
  if (!seq || (ticket.agent_read_seq || 0) >= seq || (readSent.get(id) || 0) >= seq) return;
  readSent.set(id, seq);
  call("POST", ticketPath(id, "/read"), { seq }).then(() => {
    const now = state.tickets.get(id);
    if (now) now.agent_read_seq = Math.max(now.agent_read_seq || 0, seq);
    changed();
  }).catch(() => readSent.delete(id));
}

// change asks the desk for one change of a ticket.
export async function change(id, action, body = {}) {
  const answer = await call("POST", ticketPath(id, `/${action}`), body);
  for (const ticket of [answer && answer.ticket, answer && answer.other]) if (ticket) putTicket(ticket);
  changed();
  return answer;
}

// dropTicket forgets a ticket that isn't for this agent's eyes any more.
export function dropTicket(id) {
  for (const known of [state.tickets, state.threads, state.typing, state.colleagues, state.selected, readSent]) known.delete(id);
  if (state.route.ticket === id) thread(id).phase = "missing";
  bus.emit("gone", id);
}

export function forgetAll() {
  for (const { timer } of state.typing.values()) clearTimeout(timer);
  for (const known of [state.tickets, state.threads, state.typing, state.online, state.colleagues, state.selected, readSent]) known.clear();
}
