// What stands between head and conversation: that the ticket sleeps, went elsewhere,
// or has another agent before it.

import { el, icon, remake } from "./dom.js";
import { fullTime, span } from "./dates.js";
import { state } from "./store.js";
import { act } from "./actions.js";
import { unmerge } from "./arrange.js";
import { ticketHref } from "./router.js";

const list = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

function banner(kind, glyph, text, ...more) {
  return el("div", { class: `banner ${kind}` }, icon(glyph), el("span", { class: "banner-text" }, text), ...more);
}

const button = (label, onclick) => el("button", { type: "button", class: "button small", onclick }, label);

function colleagues(ticket) {
  const there = [...(state.colleagues.get(ticket.id) || new Map()).values()];
  const typing = there.filter((c) => c.typing).map((c) => c.name);
  const viewing = there.filter((c) => !c.typing).map((c) => c.name);
  if (typing.length) return banner("typing-now", "write", `${list(typing)} ${typing.length > 1 ? "are" : "is"} typing an answer`);
  if (viewing.length) return banner("viewing", "eye", `${list(viewing)} ${viewing.length > 1 ? "are" : "is"} viewing this ticket, too`);
  return null;
}

function merged(ticket) {
  const { merged: m } = ticket;
  if (!m) return null;
  return banner("merged", "merge", [`Merged into `, el("a", { href: ticketHref(m.into.id), dir: "auto" }, `#${m.into.number}${m.into.title ? ` ${m.into.title}` : ""}`),
    ` by ${m.by.name || "somebody"}, ${fullTime(m.time)}.${m.abroad ? " The conversation is a note there." : ""}`], m.undo ? button("Undo", () => unmerge(ticket.id)) : null);
}

function snoozed(ticket) {
  const { snoozed: z } = ticket;
  if (!z) return null;
  return banner("snoozed", "moon", `Snoozed until ${fullTime(z.until)}${z.by.name ? ` by ${z.by.name}` : ""}${z.reason ? `: ${z.reason}` : ""}`,
    button("Wake now", () => act(ticket.id, "wake", {}, "The ticket is awake again.")));
}

function duplicates(ticket) {
  const th = state.threads.get(ticket.id);
  const gone = ((th && th.endUser && th.endUser.earlier) || []).filter((t) => t.merged_into === ticket.id);
  if (!gone.length) return null;
  return banner("merged", "merge", ["Holds the messages of ", ...gone.flatMap((t, i) => [i ? ", " : "", el("a", { href: ticketHref(t.id) }, `#${t.number}`)]), "."],
    gone.length === 1 ? button("Undo", () => unmerge(gone[0].id)) : null);
}

export function createBanners() {
  const node = el("div", { class: "banners", role: "status" });
  function render(ticket) {
    const th = ticket && state.threads.get(ticket.id);
    const there = ticket ? [...(state.colleagues.get(ticket.id) || new Map()).values()].map((c) => [c.id, !!c.typing]) : [];
    const sign = ticket ? JSON.stringify([ticket.id, ticket.merged, ticket.snoozed, there, ((th && th.endUser && th.endUser.earlier) || []).map((t) => t.merged_into)]) : "";
    remake(node, sign, () => (ticket ? [merged(ticket), snoozed(ticket), duplicates(ticket), colleagues(ticket)] : []));
  }
  return { node, render };
}

// holdText is how long a ticket slept in all.
export function holdText(ticket) {
  const now = ticket.snoozed ? (Date.now() - Date.parse(ticket.snoozed.since)) / 1000 : 0;
  const seconds = (ticket.on_hold || 0) + now;
  return seconds >= 60 ? span(seconds * 1000) : "";
}
