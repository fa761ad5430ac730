// What is due on a ticket, and how that stands now.

import { el, icon } from "./dom.js";
import { fullTime } from "./dates.js";

export const targetText = { first_response: "First response", next_response: "Next response", resolution: "Resolution" };

// length is a time in its two largest units: 45m, 3h 20m, 2d 4h.
export function length(ms) {
  const minutes = Math.max(1, Math.round(ms / 60000));
  const days = Math.floor(minutes / 1440), hours = Math.floor((minutes % 1440) / 60);
  if (days) return hours ? `${days}d ${hours}h` : `${days}d`;
  return hours ? (minutes % 60 ? `${hours}h ${minutes % 60}m` : `${hours}h`) : `${minutes}m`;
}

// stateOf goes by the clock, between what the desk says.
function stateOf({ due, risk, state }) {
  if (!due) return state;
  if (Date.parse(due) <= Date.now()) return "breached";
  return risk && Date.parse(risk) <= Date.now() ? "at_risk" : state === "breached" ? "breached" : risk ? "ok" : state;
}

function text(d) {
  if (!d.due) return d.left ? `${length(d.left * 1000)} left` : "On hold";
  const left = Date.parse(d.due) - Date.now();
  return left > 0 ? `Due in ${length(left)}` : `Late by ${length(-left)}`;
}

// duePill is the chip of a ticket's next due moment.
export function duePill(ticket) {
  const d = ticket.due;
  if (!d) return null;
  const state = stateOf(d);
  const what = targetText[d.what] || d.what;
  return el("span", { class: `pill due-pill ${state}`, "data-due": JSON.stringify(d), title: `${what}${d.due ? `: ${fullTime(d.due)}` : ", on hold"}` },
    icon(d.due ? "clock" : "moon"), el("span", { class: "hidden-text" }, `${what}: `), el("span", { class: "due-text" }, text(d)));
}

// tickDue keeps chips true without making anything anew.
export function tickDue(root) {
  for (const node of root.querySelectorAll("[data-due]")) {
    const d = JSON.parse(node.dataset.due);
    const now = text(d), at = node.querySelector(".due-text");
    if (at.textContent !== now) at.textContent = now;
    node.className = `pill due-pill ${stateOf(d)}`;
  }
}

// missedText tells of a target that was missed.
export function missedText(m) {
  const what = targetText[m.what] || m.what;
  return m.ended ? `${what}, late by ${length(Date.parse(m.ended) - Date.parse(m.due))}` : `${what}, still open`;
}
