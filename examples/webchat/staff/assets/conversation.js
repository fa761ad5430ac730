// The view of one ticket: head, log, typing line, composer.

import { bus, changed } from "./base.js";
import { el, reconcile } from "./dom.js";
import { state, thread, sortedMessages, firstSeq, lastSeq, loadThread, loadOlder, markRead, visitorName } from "./store.js";
import { errorText } from "./api.js";
import { outbox } from "./outbox.js";
import { logItems } from "./bubbles.js";
import { createBanners } from "./banners.js";
import { createHead } from "./actions.js";
import { createComposer } from "./composer.js";
import { toast } from "./overlay.js";

export function createConversation({ onBack, onDetails }) {
  const older = el("button", { type: "button", class: "older text-button", hidden: true, onclick: () => fetchOlder() }, "Load older messages");
  const log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "Messages" });
  const scroller = el("div", { class: "scroller", tabindex: "0", "aria-label": "Conversation", role: "region" }, older, log);
  const typing = el("div", { class: "typing", "aria-live": "polite" });
  const jump = el("button", { type: "button", class: "jump", hidden: true, onclick: () => toBottom() }, "New messages");
  const note = el("div", { class: "empty" });
  const drop = el("div", { class: "drop", hidden: true }, "Drop files to attach them");
  const head = createHead({ onBack, onDetails });
  const banners = createBanners();
  const target = () => state.route.ticket;
  const composer = createComposer({ target, onSend: send });
  const body = el("div", { class: "conversation-body" }, scroller, jump, typing, composer.node, drop);
  const node = el("main", { class: "conversation", id: "conversation", tabindex: "-1", "aria-label": "Conversation" }, head.node, banners.node, note, body);
  const handlers = {
    onEdit: (entry) => { if (outbox.remove(entry.client_id)) composer.edit(entry); },
    onSendAnyway: (entry) => { outbox.sendAnyway(entry.client_id, lastSeq(thread(entry.ticket))); composer.focus(); },
  };
  let shown = null;
  let stick = true;
  // The newest message that was in sight; a reply answers up to here.
  let seen = 0;
  let first = Infinity; // number of the oldest message that was rendered

  const atBottom = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  function toBottom() {
    scroller.scrollTop = scroller.scrollHeight;
    stick = true;
    jump.hidden = true;
    look();
  }

  // look notes what the agent has before the eyes, and tells the desk.
  function look() {
    const id = target();
    const th = id && state.threads.get(id);
    if (!th || th.phase !== "ready" || !stick) return;
    seen = lastSeq(th);
    if (!document.hidden && document.hasFocus() && node.getClientRects().length) markRead(id);
  }

  function send(message) {
    const ticket = target();
    outbox.add({ ...message, ticket, seen: stick ? lastSeq(thread(ticket)) : seen });
    stick = true;
    changed();
  }

  function fetchOlder() {
    const id = target();
    if (id && state.threads.has(id)) loadOlder(id).catch((err) => toast(errorText(err)));
  }

  function render() {
    const id = target();
    const ticket = id ? state.tickets.get(id) : null;
    if (shown !== id) { shown = id; stick = true; seen = 0; first = Infinity; jump.hidden = true; log.replaceChildren(); }
    const th = id ? thread(id) : null;
    if (th && th.phase === "empty") loadThread(id);
    head.render(ticket);
    banners.render(ticket);
    renderNote(id, th, ticket);
    body.hidden = !ticket || th.phase === "missing";
    if (body.hidden) return;
    const messages = sortedMessages(th);
    // Keeping the distance from the bottom holds the place when older ones come above.
    const below = scroller.scrollHeight - scroller.scrollTop;
    older.hidden = !th.older;
    older.disabled = th.loadingOlder;
    older.textContent = th.loadingOlder ? "Loading…" : "Load older messages";
    log.setAttribute("aria-busy", String(th.phase === "loading"));
    reconcile(log, logItems(ticket, messages, th.phase === "ready" ? outbox.of(id) : [], handlers));
    renderTyping(id, ticket);
    composer.show();
    if (stick) toBottom();
    else if (first > firstSeq(th) && first < Infinity) scroller.scrollTop = scroller.scrollHeight - below;
    first = firstSeq(th);
  }

  function renderNote(id, th, ticket) {
    const missing = th && th.phase === "missing";
    note.hidden = !!ticket && !missing;
    const text = !id ? "Choose a ticket" : missing ? "This ticket does not exist, or you may not see it."
      : th.phase === "failed" ? "The desk can not be reached. Trying again…" : "Loading…";
    if (note.dataset.text === text) return;
    note.dataset.text = text;
    note.replaceChildren(el("p", {}, text), id ? "" : el("p", { class: "soft" }, el("kbd", {}, "j"), " and ", el("kbd", {}, "k"), " move through the list, ",
      el("kbd", {}, "r"), " replies, ", el("kbd", {}, "n"), " adds a note, ", el("kbd", {}, "x"), " selects, ", el("kbd", {}, "/"), " searches."));
  }

  function renderTyping(id, ticket) {
    const who = state.typing.get(id);
    const text = who ? `${who.name || visitorName(ticket.end_user)} is typing` : "";
    if (typing.dataset.text === text) return;
    typing.dataset.text = text;
    typing.replaceChildren(...(who ? [el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), text] : []));
  }

  scroller.addEventListener("scroll", () => {
    stick = atBottom();
    if (stick) { jump.hidden = true; look(); }
    if (scroller.scrollTop < 120 && !older.hidden && !older.disabled) fetchOlder();
  });
  // Pictures that load late, a growing composer: the end stays in sight.
  log.addEventListener("load", () => stick && toBottom(), true);
  new ResizeObserver(() => { if (stick) scroller.scrollTop = scroller.scrollHeight; }).observe(scroller);
  window.addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  bus.on("arrived", (msg) => {
    if (msg.ticket === target() && !stick && msg.author.id !== state.me.id) jump.hidden = false;
  });

  let depth = 0;
  const hasFiles = (e) => e.dataTransfer && [...e.dataTransfer.types].includes("Files");
  const dragging = (by) => (e) => {
    if (!hasFiles(e) || body.hidden) return;
    e.preventDefault();
    depth = Math.max(0, depth + by);
    drop.hidden = depth === 0;
  };
  node.addEventListener("dragenter", dragging(1));
  node.addEventListener("dragleave", dragging(-1));
  node.addEventListener("dragover", (e) => hasFiles(e) && e.preventDefault());
  node.addEventListener("drop", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth = 0;
    drop.hidden = true;
    if (!body.hidden) composer.addFiles([...e.dataTransfer.files]);
  });

  return {
    node, render, head,
    compose(mode) { if (!body.hidden) { composer.setMode(mode); composer.focus(); } },
  };
}
