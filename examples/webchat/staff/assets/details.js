// The right edge: who the end user is, and the facts of the ticket.

import { el, icon, iconButton, remake, avatar, outerLink, safeURL } from "./dom.js";
import { timeText, dayText } from "./dates.js";
import { state, sortedMessages, visitorName, isClosed } from "./store.js";
import { statusPill, priorityText } from "./tickets.js";
import { ticketHref } from "./router.js";
import { act } from "./actions.js";

// fact is one line of a description list; without a value there is no line.
function fact(label, value) {
  if (value === undefined || value === null || value === "") return null;
  return el("div", { class: "fact" }, el("dt", {}, label), el("dd", { dir: "auto" }, value));
}

function languageName(tag) {
  if (!tag) return "";
  try { return new Intl.DisplayNames(navigator.language, { type: "language" }).of(tag); } catch { return tag; }
}

function mailLink(address) {
  const href = /^[^\s@<>"]+@[^\s@<>"]+$/.test(address || "") ? safeURL(`mailto:${address}`) : "";
  return href ? outerLink(href, address) : address;
}

function lastPage(th) {
  const msg = th ? sortedMessages(th).findLast((m) => m.page && m.page.url) : null;
  if (!msg) return null;
  const href = safeURL(msg.page.url, ["http:", "https:"]);
  const text = msg.page.title || msg.page.url;
  return href ? outerLink(href, text) : text;
}

function person(ticket, user) {
  const known = user ? user.known : ticket.end_user && ticket.end_user.known;
  const online = !!(ticket.end_user && state.online.get(ticket.end_user.id));
  const u = { ...ticket.end_user, ...user };
  const name = visitorName(u);
  return el("section", { class: "card", "aria-label": "End user" },
    el("div", { class: "person-head" }, avatar(u, u.name || u.email ? name : "?", "large"),
      el("div", { class: "person-titles" }, el("h3", { dir: "auto" }, name),
        el("p", {}, el("span", { class: `presence${online ? " on" : ""}` }, online ? "Online" : "Offline"), " · ", known ? "Known customer" : "Anonymous"))),
    el("dl", {}, fact("Email", u.email ? mailLink(u.email) : ""), fact("Phone", u.phone), fact("Language", languageName(u.language || ticket.language)),
      fact("Customer ID", u.user_id), fact("Devices", u.devices ? String(u.devices) : ""), fact("First seen", u.created ? dayText(u.created) : ""),
      (u.attributes || []).map((a) => fact(a.key, a.value))));
}

function facts(ticket, th) {
  return el("section", { class: "card", "aria-labelledby": "facts-title" },
    el("h3", { id: "facts-title" }, "Ticket"),
    el("dl", {}, fact("Number", `#${ticket.number}`), fact("Status", statusPill(ticket)), fact("Title", ticket.title),
      fact("Assigned to", ticket.assignee ? ticket.assignee.name : "Nobody yet"), fact("Priority", priorityText[ticket.priority]), fact("Label", ticket.label),
      fact("Created", `${dayText(ticket.created)}, ${timeText(ticket.created)}`), fact("Channel", [ticket.channel, ticket.platform].filter(Boolean).join(" · ")),
      fact("Last page", lastPage(th)), fact("Messages", `${ticket.inbound || 0} in, ${ticket.outbound || 0} out`),
      fact("Reopened", ticket.reopened ? `${ticket.reopened} ${ticket.reopened === 1 ? "time" : "times"}` : ""),
      fact("Follows", ticket.follow_up_of ? el("a", { href: ticketHref(ticket.follow_up_of) }, "an earlier ticket") : "")));
}

function warnings(ticket) {
  if (!(ticket.warnings || []).length) return null;
  return el("section", { class: "card warnings", "aria-labelledby": "warnings-title" },
    el("h3", { id: "warnings-title" }, icon("alert"), "Device warnings"),
    el("ul", {}, ticket.warnings.map((w) => el("li", {}, el("strong", {}, w.field), w.field ? " — " : "", w.detail))));
}

function tags(ticket) {
  const list = ticket.tags || [];
  const set = (next, added) => act(ticket.id, "set", { tags: next }, "", (err) => (added && err.status === 422 ? `There is no tag “${added}”.` : ""));
  const input = el("input", { type: "text", class: "tag-input", placeholder: "Add a tag", "aria-label": "Add a tag", list: "known-tags", autocomplete: "off", maxlength: "60", dir: "auto" });
  input.addEventListener("keydown", (e) => {
    const tag = input.value.trim();
    if (e.key !== "Enter" || e.isComposing || !tag) return;
    e.preventDefault();
    input.value = "";
    if (!list.includes(tag)) set([...list, tag], tag);
  });
  return el("section", { class: "card", "aria-labelledby": "tags-title" }, el("h3", { id: "tags-title" }, "Tags"),
    el("ul", { class: "tag-list" }, list.map((tag) => el("li", { class: "tag" }, el("span", { dir: "auto" }, tag),
      el("button", { type: "button", class: "tag-remove", "aria-label": `Remove tag ${tag}`, onclick: () => set(list.filter((t) => t !== tag)) }, icon("close"))))),
    input, el("datalist", { id: "known-tags" }, state.tags.filter((tag) => !list.includes(tag)).map((tag) => el("option", { value: tag }))));
}

function earlier(user, current) {
  const list = ((user && user.earlier) || []).filter((t) => t.id !== current);
  if (!list.length) return null;
  return el("section", { class: "card", "aria-labelledby": "earlier-title" }, el("h3", { id: "earlier-title" }, "Earlier tickets"),
    el("ul", { class: "earlier" }, list.map((t) => el("li", {}, el("a", { href: ticketHref(t.id) },
      el("span", { class: "earlier-title", dir: "auto" }, t.title || `Ticket #${t.number}`),
      el("span", { class: "earlier-facts" }, `#${t.number} · ${dayText(t.created)}`, statusPill(t)))))));
}

export function createDetails({ onClose }) {
  const content = el("div", { class: "details-content" });
  const node = el("aside", { class: "details", id: "details", "aria-label": "Details", tabindex: "-1" },
    el("header", { class: "details-head" }, el("h2", {}, "Details"), iconButton("close", "Close details", onClose, { class: "icon-button details-close" })),
    content);
  let shown = null;

  function render() {
    const { ticket: id } = state.route;
    const ticket = id ? state.tickets.get(id) : null;
    node.classList.toggle("bare", !ticket);
    if (!ticket) { content.replaceChildren(); delete content.dataset.sign; return; }
    const th = state.threads.get(id);
    const user = th ? th.endUser : null;
    if (shown !== id) { shown = id; node.scrollTop = 0; }
    // A tag being written is not swept away by news.
    const field = content.querySelector(".tag-input");
    const typed = field && content.dataset.id === id ? { value: field.value, focused: field === document.activeElement } : null;
    const { last, last_seq, agent_read_seq, end_user_read_seq, waiting_since, revision, updated, ...shownFacts } = ticket;
    const page = lastPage(th);
    const sign = JSON.stringify([shownFacts, isClosed(ticket), user, ticket.end_user && state.online.get(ticket.end_user.id), page && (page.href || page)]);
    const made = remake(content, sign, () => [person(ticket, user), warnings(ticket), facts(ticket, th), tags(ticket), earlier(user, id)]);
    content.dataset.id = id;
    if (!made || !typed) return;
    const fresh = content.querySelector(".tag-input");
    fresh.value = typed.value;
    if (typed.focused) fresh.focus({ preventScroll: true });
  }

  return { node, render };
}
