// The items of a conversation: day lines, bubbles, system lines, pending messages.

function authorName(author) {
  if (author.kind === "end_user") return t("you");
  return author.name || (author.kind === "bot" ? t("bot") : t("agent"));
}

function attachmentNode(a) {
  if (a.redacted) return el("span", { class: "file removed" }, icon("file"), el("span", { class: "file-name" }, t("file_removed")));
  const href = attachmentURL(a.url || "");
  if (!href) return el("span", { class: "file" }, icon("file"), el("span", { class: "file-name", dir: "auto" }, a.name));
  const raster = a.inline && /^image\/(png|jpe?g|gif|webp|avif|bmp)$/.test(a.type);
  const props = { href, target: "_blank", rel: "noopener" };
  if (raster) {
    return el("a", { ...props, class: "picture" }, el("img", { src: href, alt: t("image_of", { name: a.name }), loading: "lazy" }));
  }
  return el("a", { ...props, class: "file", download: a.name }, icon("file"),
    el("span", { class: "file-name", dir: "auto" }, a.name), el("span", { class: "file-size" }, sizeText(a.size || 0)));
}

// A message that shows articles says its text without their list, and has cards of them.
function messageBody(msg) {
  const cards = !msg.redacted && msg.form && msg.form.articles;
  const shown = cards && cards.length;
  return [...bubbleBody(shown && msg.form.lead ? msg.form.lead : msg.text, msg.attachments, msg.redacted), shown ? cardList(cards) : null];
}

function bubbleBody(text, attachments, redacted) {
  return [
    redacted ? el("div", { class: "bubble removed" }, t("message_removed"))
      : text ? el("div", { class: "bubble", dir: "auto" }, linked(text)) : null,
    ...(attachments || []).map(attachmentNode),
  ];
}

// group: does this message follow one of the same author within five minutes?
function follows(previous, msg) {
  return previous && previous.author.kind === msg.author.kind && previous.author.id === msg.author.id
    && dayKey(previous.time) === dayKey(msg.time) && Date.parse(msg.time) - Date.parse(previous.time) < 300000;
}

function messageItem(msg, previous, mark) {
  const grouped = follows(previous, msg);
  return {
    key: `m${msg.client_id && msg.author.kind === "end_user" ? msg.client_id : msg.seq}`,
    sign: `${language}|${msg.seq}|${grouped}|${mark || ""}|${msg.text.length}|${!!msg.redacted}|${(msg.attachments || []).map((a) => !!a.redacted)}`,
    make: () => (msg.author.kind === "system" ? systemLine(msg) : bubbleRow(msg, grouped, mark)),
  };
}

function systemLine(msg) {
  return el("div", { class: "system", dir: "auto" }, msg.redacted ? t("message_removed") : msg.text);
}

function bubbleRow(msg, grouped, mark) {
  const own = msg.author.kind === "end_user";
  const name = authorName(msg.author);
  const when = el("time", { datetime: msg.time }, timeText(msg.time));
  return el("div", { class: `row ${own ? "own" : "other"}${grouped ? " grouped" : ""}` },
    own ? null : avatar(msg.author, name),
    el("div", { class: "stack" },
      el("div", { class: own || grouped ? "hidden-name" : "name" }, name),
      messageBody(msg),
      el("div", { class: "meta" }, when, mark ? markNode(mark) : null)));
}

function markNode(mark) {
  const glyph = { sent: "check", delivered: "checks", read: "checks", sending: "clock", failed: "alert" }[mark];
  return el("span", { class: `mark mark-${mark}` }, icon(glyph), el("span", {}, t(mark)));
}

function pendingItem(entry) {
  return {
    key: `m${entry.client_id}`,
    sign: `pending|${language}|${entry.failed || ""}|${entry.slow || ""}`,
    make: () => pendingRow(entry),
  };
}

function pendingRow(entry) {
  const row = el("div", { class: `row own pending${entry.failed ? " failed" : ""}` },
    el("div", { class: "stack" },
      el("div", { class: "hidden-name" }, t("you")),
      bubbleBody(entry.text, entry.attachments),
      el("div", { class: "meta" }, markNode(entry.failed ? "failed" : "sending"))));
  if (entry.slow && !entry.failed) row.lastChild.append(el("div", { class: "meta", role: "status" }, t("rate_limited")));
  if (entry.failed) {
    const reason = entry.failed === "too_long" ? t("too_long", { n: entry.limit || "" })
      : entry.failed === "banned" ? t("banned") : entry.failed === "contact_closed" ? t("contact_closed") : "";
    row.lastChild.append(el("div", { class: "meta failed-actions" }, reason,
      el("button", { type: "button", class: "text-button", onclick: () => outbox.retry(entry.client_id) }, t("retry")),
      el("button", { type: "button", class: "text-button", onclick: () => outbox.remove(entry.client_id) }, t("delete"))));
  }
  return row;
}

function dayItem(iso) {
  const label = dayText(iso);
  return { key: `d${dayKey(iso)}`, sign: label, make: () => el("div", { class: "day" }, el("span", {}, label)) };
}

function greetingItem() {
  const text = (state.config && state.config.greeting) || t("greeting");
  const name = appName() || t("agent");
  return {
    key: "greeting", sign: text + language,
    make: () => el("div", { class: "row other" }, avatar(null, name),
      el("div", { class: "stack" }, el("div", { class: "name" }, name), bubbleBody(text))),
  };
}

// Only the last own message says how far it got; more would be noise.
function deliveryMark(msg, conv) {
  if (msg.delivery === "failed") return "failed";
  if (conv && (conv.agent_read_seq || 0) >= msg.seq) return "read";
  return msg.delivery === "read" || msg.delivery === "delivered" ? msg.delivery : "sent";
}

function logItems(conv, messages, pending, atStart, answering) {
  const items = [];
  if (atStart) items.push(greetingItem());
  const lastOwn = messages.findLast((m) => m.author.kind === "end_user");
  let previous = null;
  for (const msg of messages) {
    if (!previous || dayKey(previous.time) !== dayKey(msg.time)) items.push(dayItem(msg.time));
    items.push(messageItem(msg, previous, msg === lastOwn ? deliveryMark(msg, conv) : ""));
    previous = msg;
  }
  const last = messages.at(-1);
  if (conv && (conv.status === "open" || conv.asks) && last && !last.redacted && !pending.length && isAsked(last)) items.push(answerItem(last, answering));
  const landed = new Set(messages.map((m) => m.client_id));
  for (const entry of pending) if (!landed.has(entry.client_id)) items.push(pendingItem(entry));
  return items;
}

const appName = () => (state.config && state.config.app && state.config.app.name) || "";
