// The right edge: who the end user is, and the facts of the ticket.

import { el, icon, iconButton, remake, avatar, outerLink, safeURL } from "./dom.js";
import { timeText, dayText } from "./dates.js";
import { state, sortedMessages, visitorName, isClosed } from "./store.js";
import { statusPill, priorityText } from "./tickets.js";
import { ticketHref } from "./router.js";
import { act } from "./actions.js";
import { change } from "./store.js";
import { editFields, shown as shownValue } from "./fields.js";
import { createHistory } from "./history.js";
import { createTicketRuns } from "./ruleruns.js";
import { linkText } from "./arrange.js";
import { holdText } from "./banners.js";
import { queueName } from "./work.js";
import { duePill, missedText } from "./due.js";
import { dialog, labelled } from "./overlay.js";
import { notes, banned, personMenu, asideSign } from "./aside.js";
import { suggested } from "./suggested.js";
import { labelCard } from "./labelside.js";

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
        el("p", {}, el("span", { class: `presence${online ? " on" : ""}` }, online ? "Online" : "Offline"), " · ", known ? "Known customer" : "Anonymous")),
      personMenu(user)), banned(user),
    el("dl", {}, fact("Email", u.email ? mailLink(u.email) : ""), fact("Phone", u.phone), fact("Language", languageName(u.language || ticket.language)),
      fact("Customer ID", u.user_id), fact("Devices", u.devices ? String(u.devices) : ""), fact("First seen", u.created ? dayText(u.created) : ""),
      (u.attributes || []).map((a) => fact(a.key, a.value))));
}

const sources = { sent: "from the device", detected: "detected", end_user: "from the profile", app: "the app’s", agent: "set by hand" };

function languageFact(ticket) {
  if (!ticket.language) return "Unknown";
  const sure = ticket.language_source === "detected" && ticket.language_confidence ? `, ${Math.round(ticket.language_confidence * 100)}%` : "";
  const source = sources[ticket.language_source];
  return [languageName(ticket.language), source ? el("span", { class: "soft" }, ` (${source}${sure})`) : null];
}

function labelFact(ticket) {
  if (!ticket.label) return "";
  const how = ticket.label_source === "predicted" ? `predicted, ${Math.round(ticket.label_confidence * 100)}%` : ticket.label_source === "agent" ? "" : ticket.label_source;
  return [ticket.label, how ? el("span", { class: "soft" }, ` (${how})`) : null];
}

// stars show a rating; the words are for who doesn't see them.
export function stars(score) {
  return el("span", { class: "stars", role: "img", "aria-label": `${score} of 5` }, [1, 2, 3, 4, 5].map((n) => el("span", { class: n <= score ? "on" : "" }, icon("star"))));
}

const answerText = { asked: "Not yet", accepted: "Yes, it is solved", rejected: "No, it isn’t", expired: "No answer in time", void: "The conversation went on" };

function feedback(ticket) {
  const r = ticket.resolution;
  if (!r || (!r.answer && !r.asked && !r.score)) return null;
  return el("section", { class: "card feedback", "aria-labelledby": "feedback-title" }, el("h3", { id: "feedback-title" }, "What the customer says"),
    r.score ? el("p", { class: "feedback-score" }, stars(r.score), el("span", { class: "soft" }, dayText(r.rated))) : null,
    r.comment ? el("blockquote", { dir: "auto" }, r.comment) : null,
    el("dl", {}, fact("Solved?", answerText[r.answer]), fact("Rating", r.score ? "" : r.asked ? "Asked, no answer yet" : ""), fact("Resolved by", r.by.name)));
}

function custom(ticket) {
  if (!state.fields.length) return null;
  const some = state.fields.map((f) => fact(f.name || f.key, shownValue(f, (ticket.fields || {})[f.key]))).filter(Boolean);
  return el("section", { class: "card", "aria-labelledby": "fields-title" }, el("h3", { id: "fields-title" }, "Fields",
    el("button", { type: "button", class: "card-edit text-button", onclick: () => editFields(state.tickets.get(ticket.id)) }, "Edit")),
  some.length ? el("dl", {}, some) : el("p", { class: "soft small" }, "Nothing filled in yet."));
}

function links(ticket) {
  if (!(ticket.links || []).length) return null;
  return el("section", { class: "card", "aria-labelledby": "links-title" }, el("h3", { id: "links-title" }, "Links"),
    el("ul", { class: "link-list" }, ticket.links.map((l) => el("li", {}, el("a", { href: ticketHref(l.ticket.id) },
      el("span", { class: "earlier-title", dir: "auto" }, l.ticket.title || `Ticket #${l.ticket.number}`),
      el("span", { class: "earlier-facts" }, `${linkText[l.kind] || l.kind} #${l.ticket.number}`)),
    ticket.merged && l.kind === "duplicate_of" ? null : iconButton("close", `Remove the link to #${l.ticket.number}`, () => act(ticket.id, "unlink", { link: l.kind, target: l.ticket.id }), { class: "tag-remove" })))));
}

// edit is the form for what a ticket says about itself.
function edit(ticket) {
  const title = el("input", { type: "text", class: "control", maxlength: "255", dir: "auto" });
  title.value = ticket.title || "";
  const label = el("input", { type: "text", class: "control", maxlength: "100", dir: "auto" });
  label.value = ticket.label || "";
  const language = el("input", { type: "text", class: "control", maxlength: "35", placeholder: "en, pt-BR …" });
  language.value = ticket.language || "";
  const copied = el("input", { type: "text", class: "control", dir: "auto", placeholder: "max@example.com, …" });
  copied.value = (ticket.copied || []).join(", ");
  return dialog({
    title: `Ticket #${ticket.number}`, yes: "Save", content: [labelled("Title", title), labelled("Label", label, "What the ticket is about; your reports count by it."), labelled("Language", language),
      labelled("In copy", copied, "They get what is answered by mail, and may write, too.")],
    onSubmit: () => change(ticket.id, "set", {
      title: title.value.trim() !== (ticket.title || "") ? title.value.trim() : undefined,
      label: label.value.trim() !== (ticket.label || "") ? label.value.trim() : undefined,
      copied: copied.value !== (ticket.copied || []).join(", ") ? copied.value.split(/[\s,;]+/).filter(Boolean) : undefined,
      language: language.value.trim() !== (ticket.language || "") ? language.value.trim() : undefined,
    }),
  });
}

function facts(ticket, th) {
  return el("section", { class: "card", "aria-labelledby": "facts-title" },
    el("h3", { id: "facts-title" }, "Ticket", el("button", { type: "button", class: "card-edit text-button", onclick: () => edit(state.tickets.get(ticket.id)) }, "Edit")),
    el("dl", {}, fact("Number", `#${ticket.number}`), fact("Status", statusPill(ticket)), fact("Due", duePill(ticket)), fact("Missed", (ticket.missed || []).map(missedText).join(" · ")), fact("Title", ticket.title),
      fact("Assigned to", ticket.assignee ? ticket.assignee.name : "Nobody yet"), fact("Priority", priorityText[ticket.priority]), fact("Label", labelFact(ticket)), fact("Language", languageFact(ticket)),
      fact("Group", (state.groups.find((g) => g.id === ticket.group) || {}).name), fact("Queue", ticket.queue ? queueName(ticket.queue) : ""), fact("Offered to", ticket.offered ? (state.agents.find((a) => a.id === ticket.offered.agent) || {}).name : ""), fact("In copy", (ticket.copied || []).join(", ")), fact("On hold", holdText(ticket)),
      fact("Incomplete", ticket.incomplete ? "Resolved without a required field" : ""), fact("Intake", ticket.intake ? "Not through yet" : ""),
      fact("Created", `${dayText(ticket.created)}, ${timeText(ticket.created)}`), fact("Channel", [ticket.channel, ticket.platform].filter(Boolean).join(" · ")),
      fact("Last page", lastPage(th)), fact("Messages", `${ticket.inbound || 0} in, ${ticket.outbound || 0} out`),
      fact("Reopened", ticket.reopened ? `${ticket.reopened} ${ticket.reopened === 1 ? "time" : "times"}` : "")));
}

function warnings(ticket) {
  if (!(ticket.warnings || []).length) return null;
  return el("section", { class: "card warnings", "aria-labelledby": "warnings-title" },
    el("h3", { id: "warnings-title" }, icon("alert"), "Warnings"),
    el("ul", {}, ticket.warnings.map((w) => el("li", {}, el("strong", {}, w.field), w.field ? ": " : "", w.detail))));
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
  const history = createHistory(), ran = createTicketRuns();
  let pane = "details";
  const tabs = [["details", "Details"], ["history", "History"], ["rules", "Rules"]].map(([id, label]) => el("button", {
    type: "button", role: "tab", id: `pane-${id}`, class: "pane-tab", onclick: () => open(id),
  }, label));
  const bar = el("div", { class: "pane-tabs", role: "tablist", "aria-label": "About the ticket", onkeydown: onTabKey }, tabs);
  function open(id) { pane = id; render(); tabs.find((t) => t.id === `pane-${id}`).focus(); }
  function onTabKey(e) {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(e.key)) return;
    e.preventDefault();
    const all = ["details", "history", "rules"], to = { Home: 0, End: -1, ArrowLeft: all.indexOf(pane) - 1, ArrowRight: (all.indexOf(pane) + 1) % all.length }[e.key];
    open(all.at(to));
  }
  const node = el("aside", { class: "details", id: "details", "aria-label": "Details", tabindex: "-1" },
    el("header", { class: "details-head" }, el("h2", {}, "Details"), iconButton("close", "Close details", onClose, { class: "icon-button details-close" })),
    bar, content, history.node, ran.node);
  let shown = null;

  function render() {
    const { ticket: id } = state.route;
    const ticket = id ? state.tickets.get(id) : null;
    node.classList.toggle("bare", !ticket);
    bar.hidden = !ticket;
    tabs.forEach((t) => { const on = t.id === `pane-${pane}`; t.setAttribute("aria-selected", String(on)); t.tabIndex = on ? 0 : -1; });
    content.hidden = pane !== "details";
    history.render(ticket, pane === "history" && !!ticket);
    ran.render(ticket, pane === "rules" && !!ticket);
    if (!ticket) { content.replaceChildren(); delete content.dataset.sign; return; }
    const th = state.threads.get(id);
    const user = th ? th.endUser : null;
    if (shown !== id) { shown = id; node.scrollTop = 0; }
    // A tag being written is not swept away by news.
    const field = content.querySelector(".tag-input");
    const typed = field && content.dataset.id === id ? { value: field.value, focused: field === document.activeElement } : null;
    const { last, last_seq, agent_read_seq, end_user_read_seq, waiting_since, revision, updated, ...shownFacts } = ticket;
    const page = lastPage(th);
    const sign = JSON.stringify([shownFacts, isClosed(ticket), user, ticket.end_user && state.online.get(ticket.end_user.id), user && asideSign(user.id), ticket.inbound, state.may, page && (page.href || page)]);
    const held = content.contains(document.activeElement) ? document.activeElement : null;
    const made = remake(content, sign, () => [person(ticket, user), notes(user), labelCard(ticket), suggested(ticket), warnings(ticket), feedback(ticket), facts(ticket, th), custom(ticket), tags(ticket), links(ticket), earlier(user, id)]);
    content.dataset.id = id;
    if (made && held && held.isConnected) held.focus({ preventScroll: true }); // of a card that stays
    if (!made || !typed) return;
    const fresh = content.querySelector(".tag-input");
    fresh.value = typed.value;
    if (typed.focused) fresh.focus({ preventScroll: true });
  }

  return { node, render };
}
