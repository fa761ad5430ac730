// Start, sign-in, the stream's events, the frame and the keys.

import { bus, changed, pause, backoff, wakeAll, uuid } from "./base.js";
import { call, errorText } from "./api.js";
import { el } from "./dom.js";
import { state, putTicket, putMessage, setTyping, setColleague, dropTicket, reloadThread, forgetAll } from "./store.js";
import { loadList, keepLoading, forgetLists, countSoon, isSmart, smartOf } from "./lists.js";
import { outbox } from "./outbox.js";
import { openStream } from "./stream.js";
import { startRouter, go, viewHref } from "./router.js";
import { createRail, signInScreen } from "./rail.js";
import { createTicketList } from "./tickets.js";
import { createConversation } from "./conversation.js";
import { createOffice } from "./office.js";
import { joinScreen } from "./invite.js";
import { noticesSoon } from "./notices.js";
import { createOffers, loadWork } from "./work.js";
import { createDetails } from "./details.js";
import { loadViews } from "./smart.js";
import { toast } from "./overlay.js";

const root = document.getElementById("app");
// The tabs of one browser share the session; a switch in one is a switch in all.
const identity = window.BroadcastChannel ? new BroadcastChannel(`frontdesk-staff:${location.pathname}`) : null;
let stream = null;
let frame = null;
let run = 0;
let lostTimer = 0;

function onStatus(connected) {
  if (connected === state.connected) return;
  state.connected = connected;
  clearTimeout(lostTimer);
  // A blink of the network is not worth a word.
  if (connected) { state.lost = false; wakeAll(); outbox.runAll(); } else lostTimer = setTimeout(() => { state.lost = true; changed(); }, 2500);
  changed();
}

const handlers = {
  ticket(ticket) { putTicket(ticket); countSoon(); noticesSoon(); },
  message(msg) {
    if (msg.author.kind === "end_user") setTyping(msg.ticket, "", false);
    if (putMessage(msg)) bus.emit("arrived", msg);
  },
  // What moved may be newer than what the answer to a request has shown already.
  moved: (e) => { reloadThread(e.ticket).catch(() => {}); },
  gone(e) { dropTicket(e.ticket); countSoon(); },
  typing: (e) => setTyping(e.ticket, e.name, e.typing),
  viewing: (e) => setColleague(e.ticket, e.agent, e.on ? {} : null),
  answering: (e) => setColleague(e.ticket, e.agent, { typing: e.on }),
  presence: (e) => state.online.set(e.end_user, !!e.online),
  work(e) {
    if (!e.agent || (state.me && e.agent === state.me.id)) loadWork();
    bus.emit("work");
  },
  help: (e) => bus.emit("help", e.article),
  ready: () => { look(true); countSoon(); noticesSoon(); loadWork(); },
  reset() {
    forgetAll();
    forgetLists();
    keepLoading(state.route.view);
    countSoon();
    bus.emit("help", null);
  },
};

// look tells the desk which ticket is before the eyes, so that colleagues know.
const tab = uuid();
let looked = "";
function look(again) {
  const at = document.hidden ? "" : state.route.ticket || "";
  if (!state.connected || (at === looked && !again)) return;
  looked = at;
  call("POST", "viewing", { tab, ticket: at }).catch(() => { looked = ""; });
}

function stop() {
  run++;
  looked = "";
  if (stream) stream.stop();
  stream = null;
  clearTimeout(lostTimer);
  Object.assign(state, { connected: false, lost: false, joined: false });
  forgetAll();
  forgetLists();
}

// invited shows where an invitation leads, if the address has one.
function invited() {
  const [, token] = /^#\/join\/(.+)$/.exec(location.hash) || [];
  if (!token) return false;
  state.phase = "joining";
  root.className = "app";
  root.replaceChildren(joinScreen(token, () => { location.hash = "#/view/open"; boot(); }));
  return true;
}

// boot asks who is signed in, loads the list and joins the stream where the list was true.
async function boot() {
  stop();
  if (invited()) return;
  const mine = run;
  for (let attempt = 0; mine === run; attempt++) {
    try {
      const me = await call("GET", "me");
      if (mine !== run) return;
      Object.assign(state, { me: me.agent, may: me.may || [], agents: me.agents || [], tags: me.tags || [], fields: me.fields || [], groups: me.groups || [], queues: me.queues || [], app: me.app || null, phase: "ready" });
      await loadViews();
      if (mine !== run) return;
      if (isSmart(state.route.view) && !smartOf(state.route.view)) state.route.view = "open";
      showFrame();
      const position = await loadList(state.route.view);
      if (mine !== run) return;
      state.joined = true;
      stream = openStream({ after: position, tab, onStatus, onEvent(kind, data) { handlers[kind](data); changed(); } });
      countSoon();
      outbox.runAll();
      return;
    } catch (err) {
      if (mine !== run || err.status === 401) return;
      state.lost = true;
      if (state.phase === "starting") root.replaceChildren(el("p", { class: "loading", role: "status" }, "The desk can not be reached. Trying again…"));
      changed();
      await pause(backoff(attempt));
    }
  }
}

async function signIn(agent) {
  try {
    await call("POST", "session", { agent });
    if (identity) identity.postMessage("changed");
    boot();
  } catch (err) {
    toast(errorText(err));
  }
}

async function signOut() {
  try {
    await call("DELETE", "session");
    if (identity) identity.postMessage("changed");
    showSignIn();
  } catch (err) {
    toast(errorText(err));
  }
}

async function showSignIn() {
  stop();
  const mine = run;
  Object.assign(state, { phase: "signin", me: null, counts: {} });
  document.title = "Sign in · Frontdesk";
  for (let attempt = 0; mine === run; attempt++) {
    try {
      const { agents } = await call("GET", "agents");
      if (mine !== run) return;
      root.className = "app";
      root.replaceChildren(signInScreen(agents || [], signIn));
      root.querySelector("button")?.focus();
      return;
    } catch {
      await pause(backoff(attempt));
    }
  }
}

function showFrame() {
  if (!frame) frame = createFrame();
  root.replaceChildren(...frame.nodes);
  changed();
}

function createFrame() {
  const setDetails = (on) => {
    const was = root.classList.contains("details-open");
    root.classList.toggle("details-open", on);
    conversation.head.expanded(on);
    if (on && !was) details.node.focus();
    else if (was && !on && details.node.contains(document.activeElement)) conversation.node.querySelector(".details-toggle").focus();
  };
  const rail = createRail({ onSwitch: signIn, onLeave: signOut });
  const list = createTicketList();
  const conversation = createConversation({
    onBack: () => go(viewHref(state.route.view)),
    onDetails: () => setDetails(!root.classList.contains("details-open")),
  });
  const office = createOffice();
  const offers = createOffers();
  const details = createDetails({ onClose: () => setDetails(false) });
  const scrim = el("div", { class: "scrim", onclick: () => setDetails(false) });
  let shown = null;

  function render() {
    const { ticket } = state.route;
    if (shown !== ticket) { shown = ticket; setDetails(false); }
    root.classList.toggle("has-ticket", !!ticket);
    root.classList.toggle("at-office", !!state.route.office);
    look();
    rail.render();
    list.render();
    conversation.render();
    details.render();
    office.render();
    offers.render();
    const n = state.counts.waiting;
    document.title = `${n ? `(${n >= 1000 ? "1000+" : n}) ` : ""}${(state.app && state.app.name) || "Support"} · Frontdesk`;
  }
  return { nodes: [rail.node, list.node, conversation.node, scrim, details.node, office.node, offers.node], render, list, conversation, setDetails };
}

// Many changes in one task make one rendering.
let renderAsked = false;
bus.on("change", () => {
  if (renderAsked) return;
  renderAsked = true;
  queueMicrotask(() => {
    renderAsked = false;
    if (state.phase === "ready" && frame) frame.render();
  });
});

bus.on("signed-out", () => { if (state.phase !== "signin") showSignIn(); });
if (identity) identity.onmessage = () => boot();

const writing = (node) => !!node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

document.addEventListener("keydown", (e) => {
  if (!frame || state.phase !== "ready" || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
  if (document.querySelector("dialog[open], .menu")) return;
  if (e.key === "Escape") { frame.setDetails(false); return; }
  if (writing(document.activeElement)) return;
  const onBody = document.activeElement === document.body;
  if (e.key === "j" || (onBody && e.key === "ArrowDown")) frame.list.move(1);
  else if (e.key === "k" || (onBody && e.key === "ArrowUp")) frame.list.move(-1);
  else if (e.key === "/") frame.list.search();
  else if (e.key === "x") frame.list.tick();
  else if (e.key === "r") frame.conversation.compose("reply");
  else if (e.key === "n") frame.conversation.compose("note");
  else return;
  e.preventDefault();
});

// The skip link moves the focus; the address belongs to the router.
document.querySelector(".skip").addEventListener("click", (e) => {
  e.preventDefault();
  document.getElementById("conversation")?.focus();
});
// A file dropped beside the conversation must not replace the page.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (e) => e.preventDefault());

function nudge() {
  wakeAll();
  if (stream) stream.nudge();
}
for (const kind of ["online", "offline"]) window.addEventListener(kind, () => { wakeAll(); if (stream) stream.again(); });
document.addEventListener("visibilitychange", () => { look(); if (!document.hidden) nudge(); });
// A page kept for the back button lets its stream go.
window.addEventListener("pagehide", () => { if (stream) stop(); });
window.addEventListener("pageshow", (e) => { if (e.persisted) boot(); });

window.addEventListener("hashchange", () => { if (location.hash.startsWith("#/join/")) boot(); });

startRouter();
boot();
