// Whether the agent gets tickets, and the tickets that he is offered.

import { el, icon, remake, reconcile, avatar } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { span } from "./dates.js";
import { state, putTicket, visitorName, isClosed } from "./store.js";
import { ticketHref, go } from "./router.js";
import { act } from "./actions.js";
import { menu, dialog, labelled, toast } from "./overlay.js";

export const stateText = { available: "Available", away: "Away", offline: "Offline" };

// reasonText puts the engine's own reasons into words for people.
const reasons = { "heartbeat lost": "connection lost", inactive: "idle for long", "end of shift": "the shift is over", login: "", "signed out": "signed out" };
export const reasonText = (reason) => reasons[reason] ?? (reason || "");

export const queueName = (id) => (state.queues.find((q) => q.id === id) || {}).name || id;

let work = { state: "offline", reason: "", since: null };

export async function loadWork() {
  try {
    const got = await call("GET", "work");
    work = got;
    for (const ticket of got.offered || []) putTicket(ticket);
    changed();
  } catch { /* the stream tells when it is back */ }
}

async function set(to, reason = "") {
  try { work = await call("POST", "work", { state: to, reason }); } catch (err) { toast(errorText(err)); }
  changed();
}

// askReason asks why somebody is away.
export function askReason(title, run) {
  const reason = el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", placeholder: "Training, say" });
  return dialog({ title, yes: "Set away", text: "No new tickets come meanwhile.", content: labelled("Reason (optional)", reason), onSubmit: () => run(reason.value.trim()) });
}

// stateMenu are the choices at a button; run gets state and reason.
export function stateMenu(button, label, now, run, more = []) {
  const dot = (s) => el("span", { class: `work-dot ${s}`, "aria-hidden": "true" });
  menu(button, label, [
    { label: "Available", hint: "Gets new tickets", face: dot("available"), checked: now.state === "available", run: () => run("available", "") },
    ...["Lunch", "Meeting"].map((why) => ({ label: `Away: ${why.toLowerCase()}`, face: dot("away"), checked: now.state === "away" && now.reason === why, run: () => run("away", why) })),
    { label: "Away…", hint: "For another reason", face: dot("away"), checked: now.state === "away" && !["Lunch", "Meeting"].includes(now.reason), run: () => askReason("Away", (why) => run("away", why)) },
    { label: "Offline", hint: "Not at work", face: dot("offline"), checked: now.state === "offline", run: () => run("offline", "") }, ...more]);
}

// createSwitch is the button of the rail.
export function createSwitch() {
  const button = el("button", { type: "button", class: "work-switch", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => stateMenu(button, "Do you take tickets?", work, set) });
  function render() {
    const why = reasonText(work.reason);
    remake(button, JSON.stringify([work.state, why]), () => [el("span", { class: `work-dot ${work.state}`, "aria-hidden": "true" }),
      el("span", { class: "work-text" }, stateText[work.state], why ? el("small", { dir: "auto" }, why) : null), icon("down")]);
    button.title = work.since ? `${stateText[work.state]} since ${span(Date.now() - Date.parse(work.since))}` : stateText[work.state];
    button.setAttribute("aria-label", `You are ${stateText[work.state].toLowerCase()}${why ? `: ${why}` : ""}. Change`);
  }
  return { button, render };
}

const left = (ticket) => Math.ceil((Date.parse(ticket.offered.until) - Date.now()) / 1000);
const mine = (ticket) => ticket.offered && state.me && ticket.offered.agent === state.me.id && !isClosed(ticket) && left(ticket) > 0;

function card(ticket) {
  const { id } = ticket;
  const text = ticket.title || (ticket.last && ticket.last.text) || "";
  const accept = async () => { if (await act(id, "accept", {})) go(ticketHref(id)); };
  return el("li", { class: "offer" },
    el("p", { class: "offer-head" }, icon("bell"), el("strong", {}, "For you?"), ticket.queue ? el("span", { class: "pill" }, queueName(ticket.queue)) : null,
      el("span", { class: "offer-left", "data-offer": id, "aria-hidden": "true" }, `${left(ticket)} s`)),
    el("p", { class: "offer-who" }, avatar(ticket.end_user, visitorName(ticket.end_user), "small"), el("span", { class: "who-text" }, el("strong", { dir: "auto" }, visitorName(ticket.end_user)), el("span", { dir: "auto" }, text))),
    el("p", { class: "offer-acts" }, el("button", { type: "button", class: "button", onclick: () => act(id, "decline", {}, "It goes to somebody else.") }, "Decline"),
      el("button", { type: "button", class: "button primary", onclick: accept }, "Accept")));
}

// createOffers are the cards of what the agent is offered, for as long as he has time.
export function createOffers() {
  const node = el("ul", { class: "offers", "aria-label": "Offered to you", "aria-live": "assertive" });
  function render() {
    const list = [...state.tickets.values()].filter(mine);
    reconcile(node, list.map((t) => ({ key: t.id, sign: JSON.stringify([t.offered, t.title, t.last, t.end_user]), make: () => card(t) })));
  }
  setInterval(() => {
    if (!node.children.length) return;
    for (const at of node.querySelectorAll("[data-offer]")) {
      const ticket = state.tickets.get(at.dataset.offer);
      if (ticket && mine(ticket)) at.textContent = `${left(ticket)} s`; else changed();
    }
  }, 500);
  return { node, render };
}

// moveDialog sends a ticket to another queue, or back to its own one.
export function moveDialog(ticket) {
  const queue = el("select", { class: "control" }, state.queues.map((q) => el("option", { value: q.id, selected: q.id === ticket.queue }, `${q.name}${q.id === ticket.queue ? " (where it is)" : ""}`)));
  const up = el("input", { type: "checkbox" });
  return dialog({
    title: `Move #${ticket.number} to a queue`, yes: "Move", text: "Nobody has it then, until the queue gives it to somebody.",
    content: [labelled("Queue", queue), el("label", { class: "check" }, up, "As an escalation: it won’t be moved there by itself once more")],
    onSubmit: () => act(ticket.id, up.checked ? "escalate" : "transfer", { queue: queue.value }, `Moved to ${queueName(queue.value)}.`),
  });
}

const strategyText = { longest_idle: "longest idle", least_loaded: "least loaded", round_robin: "round robin", weighted: "by weight", sticky: "the last agent" };
export const strategyName = (s) => strategyText[s || "longest_idle"] || s;
const number = (n) => String(Math.round((n || 0) * 100) / 100);

// decisionText is why the engine gave a ticket to somebody.
export function decisionText(d) {
  const names = (d.candidates || []).map((c) => `${(state.agents.find((a) => a.id === c.agent) || { name: c.agent }).name} (${number(c.load)})`);
  return `Queue ${queueName(d.queue)}, ${strategyName(d.strategy)}: carried ${number(d.load)}${d.limit ? ` of ${number(d.limit)}` : ""} before${d.here_limit ? `, ${number(d.here)} of ${number(d.here_limit)} of this queue` : ""}. Who could have it: ${names.join(", ") || "nobody else"}.`;
}
