// The items of a conversation: day lines, bubbles, notes, system lines, what is still being sent.

import { el, icon, avatar, linked, outerLink, safeURL } from "./dom.js";
import { dayKey, dayText, timeText, fullTime, sizeText } from "./dates.js";
import { state, visitorName } from "./store.js";
import { outbox } from "./outbox.js";
import { call, errorText } from "./api.js";
import { toast } from "./overlay.js";
import { askMissing } from "./fields.js";
import { removeButton, mayRedact } from "./redact.js";

function authorName(author, ticket) {
  if (author.copied) return author.name || author.email || "Somebody in copy";
  if (author.kind === "end_user") return author.name || visitorName(ticket && ticket.end_user);
  return author.name || { bot: "Bot", automation: "Automation" }[author.kind] || "Agent";
}

const pictures = /^image\/(png|jpe?g|gif|webp|avif|bmp)$/;

function attachmentNode(a) {
  if (a.redacted) return el("span", { class: "file removed" }, icon("file"), el("span", { class: "file-name" }, "File removed"));
  const href = safeURL(a.url || "", ["http:", "https:"]);
  const name = el("span", { class: "file-name", dir: "auto" }, a.name || "File");
  if (!a.url || !href) return el("span", { class: "file" }, icon("file"), name);
  if (a.inline && pictures.test(a.type)) {
    const link = outerLink(href, el("img", { src: href, alt: `Picture: ${a.name}`, loading: "lazy" }));
    link.className = "picture";
    return link;
  }
  const link = outerLink(href, icon("file"), name, el("span", { class: "file-size" }, sizeText(a.size || 0)));
  link.className = "file";
  link.setAttribute("download", a.name || "");
  return link;
}

// In a note the people it is meant for stand out.
function bodyOf(text, mentions) {
  const names = (mentions || []).map((m) => `@${m.name}`).filter((n) => n.length > 1);
  if (!names.length) return linked(text);
  const pattern = new RegExp(`(${names.map((n) => n.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "g");
  return text.split(pattern).map((part) => (names.includes(part) ? el("span", { class: "mention" }, part) : linked(part)));
}

function bubbleBody(text, attachments, mentions, redacted) {
  return [redacted && redacted.whole ? el("div", { class: "bubble removed" }, "This message was removed.") : text ? el("div", { class: "bubble", dir: "auto" }, bodyOf(text, mentions)) : null, ...(attachments || []).map(attachmentNode)];
}

// Does this message follow one of the same author within five minutes?
function follows(previous, msg) {
  return !!previous && previous.kind === msg.kind && previous.author.kind === msg.author.kind && previous.author.id === msg.author.id
    && dayKey(previous.time) === dayKey(msg.time) && Date.parse(msg.time) - Date.parse(previous.time) < 300000;
}

const isSystem = (msg) => msg.kind === "system" || msg.author.kind === "system";

// What the end user could pick, and what he wrote to it.
function offered(msg, answer) {
  if (!(msg.choices || []).length || (msg.redacted && msg.redacted.whole)) return null;
  return el("ul", { class: "offered", "aria-label": "Answers that were offered" }, msg.choices.map((c) => (c === answer
    ? el("li", { class: "picked", dir: "auto" }, icon("check"), c, el("span", { class: "hidden-text" }, " (picked)")) : el("li", { dir: "auto" }, c))));
}

const answerKinds = { text: "a text", email: "an email address", number: "a number", date: "a date", choice: "one of these answers", yes_no: "yes or no", attachment: "a file" };

// askedFor says which answer a bot asked for.
function askedFor(form) {
  if (!form || !form.kind || form.kind === "text") return null;
  const bounds = [form.min ? `from ${form.min}` : "", form.max ? `${form.min ? "to" : "up to"} ${form.max}` : ""].filter(Boolean).join(" ");
  return el("div", { class: "asked-for" }, `Asks for ${answerKinds[form.kind] || form.kind}${bounds ? `, ${bounds}` : ""}${form.skip ? ", or nothing" : ""}`);
}

// What a mail repeats of others, folded away, and the whole of it as it came.
function mailParts(msg) {
  if (msg.redacted && msg.redacted.whole) return null;
  const quoted = msg.quoted ? el("details", { class: "quoted" }, el("summary", {}, "Quote and signature"), el("div", { dir: "auto" }, linked(msg.quoted))) : null;
  if (!msg.mail || msg.redacted) return [quoted];
  const where = new URL(`api/tickets/${encodeURIComponent(msg.ticket)}/mail/${msg.seq}`, location.href).href;
  return [quoted, el("div", { class: "whole-mail" }, outerLink(where, "The whole mail"), " · ", outerLink(`${where}?raw=1`, "as a file"))];
}

function resendButton(msg) {
  return el("button", { type: "button", class: "text-button", async onclick() {
    try {
      await call("POST", `tickets/${encodeURIComponent(msg.ticket)}/mail/resend`, { seq: msg.seq });
      toast("It is sent again.", "good");
    } catch (err) { toast(errorText(err)); }
  } }, "Send again");
}

// The articles that a bot showed, as the end user has them.
function shownArticles(form) {
  if (!form || !(form.articles || []).length) return null;
  return el("ul", { class: "shown-articles", "aria-label": "Articles that were shown" }, form.articles.map((a) => el("li", {}, icon("file"),
    el("span", {}, el("strong", { dir: "auto" }, a.title), a.snippet ? el("span", { class: "small", dir: "auto" }, a.snippet) : null))));
}

function messageItem(msg, previous, ticket, mark, answer) {
  const grouped = follows(previous, msg);
  return {
    key: `m${msg.client_id && msg.author.kind === "agent" ? msg.client_id : msg.seq}`,
    sign: JSON.stringify([msg.seq, grouped, mark, msg.text, msg.redacted, mayRedact(), answer, (msg.attachments || []).map((a) => !!a.redacted), msg.failure, authorName(msg.author, ticket)]),
    make: () => (isSystem(msg) ? systemLine(msg) : bubbleRow(msg, grouped, ticket, mark, answer)),
  };
}

function systemLine(msg) {
  return el("div", { class: "system" }, el("span", { dir: "auto" }, msg.redacted && msg.redacted.whole ? "This message was removed." : msg.text), " ",
    el("time", { datetime: msg.time, title: fullTime(msg.time) }, timeText(msg.time)));
}

function sideOf(msg) {
  if (msg.kind === "note") return "note";
  return msg.author.kind === "end_user" ? "theirs" : "ours";
}

function bubbleRow(msg, grouped, ticket, mark, answer) {
  const side = sideOf(msg);
  const name = authorName(msg.author, ticket);
  const known = msg.author.kind !== "end_user" || msg.author.name || msg.author.copied || (ticket && ticket.end_user && ticket.end_user.name);
  const own = msg.author.kind === "end_user" && !msg.author.copied;
  const label = side === "note" ? [icon("note"), `${name} · internal note`] : msg.author.kind === "bot" || msg.author.kind === "automation" ? `${name} · automatic` : msg.author.copied ? `${name} · in copy` : name;
  return el("div", { class: `row ${side}${grouped ? " grouped" : ""}` },
    avatar({ ...msg.author, id: own ? ticket && ticket.end_user && ticket.end_user.id : msg.author.id }, known ? name : "?"),
    el("div", { class: "stack" },
      el("div", { class: grouped ? "hidden-text" : "name" }, label),
      bubbleBody(msg.form && msg.form.lead ? msg.form.lead : msg.text, msg.attachments, msg.mentions, msg.redacted), mailParts(msg), shownArticles(msg.form), askedFor(msg.form), offered(msg, answer),
      el("div", { class: "meta" }, el("time", { datetime: msg.time, title: fullTime(msg.time) }, timeText(msg.time)), mark ? markNode(mark) : null),
      msg.failure ? el("div", { class: "failure", role: "note", dir: "auto" }, msg.failure, msg.author.kind !== "end_user" && ticket.channel === "email" ? resendButton(msg) : null) : null, removeButton(msg)));
}

const markText = { sent: "Sent", delivered: "Delivered", read: "Read", failed: "Not delivered", sending: "Sending…", waiting: "Waiting for the network…", held: "Not sent" };
const markGlyph = { sent: "check", delivered: "checks", read: "checks", failed: "alert", sending: "clock", waiting: "clock", held: "alert" };

function markNode(mark) {
  return el("span", { class: `mark mark-${mark}` }, icon(markGlyph[mark]), markText[mark]);
}

function pendingItem(entry, handlers, held) {
  const mark = entry.failed ? "failed" : entry.stale ? "held" : held ? "held" : state.lost ? "waiting" : "sending";
  return {
    key: `m${entry.client_id}`,
    sign: JSON.stringify(["pending", mark, entry.detail]),
    make: () => pendingRow(entry, mark, handlers),
  };
}

function pendingRow(entry, mark, { onEdit, onSendAnyway }) {
  const me = state.me;
  const meta = el("div", { class: "meta" }, markNode(mark === "failed" ? "held" : mark));
  const stack = el("div", { class: "stack" }, el("div", { class: "hidden-text" }, entry.mode === "note" ? `${me.name} · internal note` : me.name),
    bubbleBody([entry.text, entry.quick && entry.quick.article ? entry.quick.title : ""].filter(Boolean).join("\n\n"), entry.attachments), meta);
  const button = (label, onclick) => el("button", { type: "button", class: "text-button", onclick }, label);
  if (entry.failed) {
    stack.append(el("div", { class: "meta failed-actions" }, el("span", {}, entry.detail || "The desk refused this."),
      // A macro that resolves needs what an agent needs who does.
      entry.failed === "incomplete" ? button("Fill in", async () => { if (await askMissing(state.tickets.get(entry.ticket), null, "Save and send")) outbox.retry(entry.client_id); }) : null,
      button("Try again", () => outbox.retry(entry.client_id)), button("Edit", () => onEdit(entry)), button("Delete", () => outbox.remove(entry.client_id))));
  }
  if (entry.stale) {
    stack.append(el("div", { class: "stale", role: "alert" },
      el("strong", {}, "The ticket has changed meanwhile"), el("p", {}, "There is something newer above. Does your answer still fit?"),
      el("div", { class: "stale-actions" },
        el("button", { type: "button", class: "button primary", onclick: () => onSendAnyway(entry) }, "Send anyway"),
        el("button", { type: "button", class: "button", onclick: () => onEdit(entry) }, "Keep editing"))));
  }
  return el("div", { class: `row pending ${entry.mode === "note" ? "note" : "ours"}${entry.failed || entry.stale ? " failed" : ""}` }, avatar(me, me.name), stack);
}

function dayItem(iso) {
  const label = dayText(iso);
  return { key: `d${dayKey(iso)}`, sign: label, make: () => el("div", { class: "day" }, el("span", {}, label)) };
}

// A mark on every reply would be noise: the last one that was read and the last of all carry it.
function marks(messages, ticket) {
  const out = new Map();
  const got = (ticket && ticket.end_user_got_seq) || 0;
  let read = null;
  let last = null;
  for (const msg of messages) {
    if (msg.kind !== "public" || msg.author.kind === "end_user" || isSystem(msg)) continue;
    const isRead = msg.delivery === "read" || (ticket && ticket.end_user_read_seq >= msg.seq);
    if (msg.delivery === "failed") { out.set(msg.seq, "failed"); continue; }
    if (isRead) read = msg;
    last = { msg, mark: isRead ? "read" : msg.delivery === "delivered" || got >= msg.seq ? "delivered" : "sent" };
  }
  if (read) out.set(read.seq, "read");
  if (last) out.set(last.msg.seq, last.mark);
  return out;
}

export function logItems(ticket, messages, pending, handlers) {
  const items = [];
  const how = marks(messages, ticket);
  let previous = null;
  const answers = new Map(); // by what was asked
  messages.forEach((msg, i) => {
    if ((msg.choices || []).length) answers.set(msg.seq, messages.slice(i + 1).find((m) => m.author.kind === "end_user")?.text);
  });
  for (const msg of messages) {
    if (!previous || dayKey(previous.time) !== dayKey(msg.time)) items.push(dayItem(msg.time));
    items.push(messageItem(msg, previous, ticket, how.get(msg.seq) || "", answers.get(msg.seq)));
    previous = msg;
  }
  const landed = new Set(messages.map((m) => m.client_id).filter(Boolean));
  let held = false;
  for (const entry of pending) {
    if (landed.has(entry.client_id)) continue;
    items.push(pendingItem(entry, handlers, held));
    if (entry.stale) held = true;
  }
  return items;
}

