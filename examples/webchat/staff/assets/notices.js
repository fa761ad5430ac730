// The bell: what is this agent's business, and of what he wants to be told.

import { el, icon, avatar, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText, timeText } from "./dates.js";
import { state, visitorName } from "./store.js";
import { ticketHref, go } from "./router.js";
import { dialog, toast } from "./overlay.js";

const kinds = { assigned: "gave you", mentioned: "mentioned you on", replied: "wrote on", breach: "is late:" };
const choices = { assigned: "When I am given a ticket", mentioned: "When I am mentioned in a note", replied: "When a customer writes on a ticket that I have or follow", breach: "When a ticket of mine is late" };

let got = { notices: [], unread: 0, muted: [] };
let timer = 0, again = false;

// noticesSoon asks what is new, at most once a second.
export function noticesSoon() {
  if (timer) { again = true; return; }
  timer = setTimeout(async () => {
    try { got = await call("GET", "notices"); } catch { /* the stream tells when it is back */ }
    timer = 0;
    changed();
    if (again) { again = false; noticesSoon(); }
  }, 700);
}

function settings() {
  const boxes = Object.entries(choices).map(([kind, text]) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: kind, checked: !(got.muted || []).includes(kind) }), el("span", { class: "pick-text" }, text)));
  return dialog({
    title: "Tell me", yes: "Save", content: el("fieldset", { class: "picks" }, boxes),
    onSubmit: async () => {
      await call("POST", "notices/muted", { muted: boxes.map((b) => b.querySelector("input")).filter((i) => !i.checked).map((i) => i.value) });
      noticesSoon();
    },
  });
}

function row(n, close) {
  const who = n.by.kind === "end_user" ? visitorName(n.by) : n.by.name || "The desk";
  return el("li", {}, el("a", { class: `notice${n.read ? "" : " unread"}`, href: ticketHref(n.ticket.id), onclick: (e) => { e.preventDefault(); close(); go(ticketHref(n.ticket.id)); } },
    avatar(n.by, who, "small"), el("span", { class: "notice-text" }, el("span", {}, el("strong", { dir: "auto" }, who), ` ${kinds[n.kind] || n.kind} `, el("span", { dir: "auto" }, `#${n.ticket.number} ${n.ticket.title || ""}`)),
      el("small", { class: "soft" }, `${dayText(n.time)}, ${timeText(n.time)}`)), n.read ? null : el("span", { class: "dot" })));
}

export function createBell() {
  const count = el("span", { class: "bell-count", hidden: true });
  const button = el("button", { type: "button", class: "icon-button bell", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => (panel ? close() : open()) }, icon("bell"), count);
  let panel = null;

  function close() {
    if (!panel) return;
    panel.remove();
    panel = null;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", onKey);
  }
  const outside = (e) => { if (!panel.contains(e.target) && !button.contains(e.target)) close(); };
  const onKey = (e) => { if (e.key === "Escape") { close(); button.focus(); } };

  async function open() {
    panel = el("section", { class: "notices", role: "dialog", "aria-label": "What is new for you" },
      el("header", {}, el("h2", {}, "For you"), el("button", { type: "button", class: "text-button", onclick: () => { close(); settings(); } }, "Settings")),
      got.notices.length ? el("ul", {}, got.notices.map((n) => row(n, close))) : el("p", { class: "empty-line" }, "Nothing yet. Tickets that you are given, mentions and answers show up here."));
    document.body.append(panel);
    const at = button.getBoundingClientRect();
    panel.style.left = `${Math.max(8, Math.min(at.left, innerWidth - panel.offsetWidth - 8))}px`;
    panel.style.top = `${at.bottom + 8}px`;
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    document.addEventListener("keydown", onKey);
    if (!got.unread) return;
    try { await call("POST", "notices/read", {}); got = { ...got, unread: 0, notices: got.notices.map((n) => ({ ...n, read: true })) }; changed(); } catch (err) { toast(errorText(err)); }
  }

  function render() {
    remake(count, String(got.unread), () => [got.unread > 99 ? "99+" : String(got.unread)]);
    count.hidden = !got.unread;
    const label = got.unread ? `${got.unread} new for you` : "For you";
    button.setAttribute("aria-label", label);
    button.title = label;
  }
  return { button, render };
}
