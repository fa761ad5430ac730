// The view of one conversation: log, typing line, questions before the chat, composer.

function createConversationView(view) {
  const older = el("button", { type: "button", class: "older text-button", hidden: true, onclick: () => fetchOlder() }, t("older"));
  const log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": t("messages") });
  const settle = createSettle({ onMissing: () => { view.render(); toBottom(); composer.focus(); }, onGone: () => composer.focus() });
  const scroller = el("div", { class: "scroller", tabindex: "0", "aria-label": t("messages"), role: "region" }, older, log, settle.node);
  const typing = el("div", { class: "typing", "aria-live": "polite" });
  const jump = el("button", { type: "button", class: "jump", hidden: true, onclick: () => toBottom() }, t("new_messages"));
  const line = el("div", { class: "line", role: "status", hidden: true });
  const banner = el("div", { class: "banner", hidden: true });
  const questions = el("div", { class: "prechat-place", hidden: true });
  const offers = createOffers((...article) => view.offer(...article));
  const composer = createComposer({ target: () => view.conversation, onSend: send, onType: (text) => offers.typed(view.conversation ? "" : text) });
  const closed = el("div", { class: "closed-place", hidden: true });
  const drop = el("div", { class: "drop", hidden: true }, t("drop_here"));
  const node = el("div", { class: "conversation" }, scroller, jump, typing, line, banner, questions, closed, offers.node, composer.node, drop);
  let shown = null;
  let stick = true;
  let led; // the input that a question had lately
  let first = Infinity; // number of the oldest message that was rendered

  const atBottom = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  function toBottom() {
    scroller.scrollTop = scroller.scrollHeight;
    stick = true;
    jump.hidden = true;
  }

  function send(text, attachments) {
    if (!view.conversation) view.conversation = `local:${uuid()}`;
    const conv = state.conversations.get(view.conversation);
    outbox.add({
      client_id: uuid(), text, attachments, conversation: view.conversation,
      prechat: conv ? undefined : takePrechat(),
      page: { url: location.href.slice(0, 2000), title: document.title.slice(0, 300) },
      fields: extras.fields, tags: extras.tags, metadata: extras.metadata,
    });
    stick = true;
    view.render();
  }

  function pick(choice) {
    send(choice, []);
    composer.focus();
  }

  function fetchOlder() {
    const id = view.conversation;
    if (id && state.threads.has(id)) loadOlder(id).catch(() => {});
  }

  function render() {
    const id = view.conversation;
    if (shown !== id) { shown = id; stick = true; first = Infinity; log.replaceChildren(); }
    const conv = id ? state.conversations.get(id) : null;
    const th = id && !id.startsWith("local:") ? thread(id) : null;
    if (th && th.phase === "empty" && api.token) loadThread(id).catch(() => setTimeout(changed, 2000));
    const pending = outbox.all().filter((e) => whereIs(e.conversation) === id);
    const fresh = !conv && pending.length === 0;
    // What the desk would refuse isn't asked for.
    const stopped = !mayWrite() && (fresh || !!conv && conv.status !== "open" && !conv.can_reopen && !conv.asks);
    const needQuestions = fresh && !stopped && !!openQuestions().length;
    const messages = th ? sortedMessages(th) : [];
    // Keeping the distance from the bottom holds the place when older ones come above.
    const below = scroller.scrollHeight - scroller.scrollTop;
    older.hidden = !(th && th.older);
    older.disabled = !!(th && th.loadingOlder);
    older.textContent = t(th && th.loadingOlder ? "loading" : "older");
    log.setAttribute("aria-busy", String(!!(th && th.phase === "loading")));
    reconcile(log, logItems(conv, messages, pending, !th || (th.phase === "ready" && !th.older), { pick, chooseFile: () => composer.chooseFile() }));
    settle.render(conv);
    toInput();
    if (stick) toBottom();
    else if (messages.length && first > firstSeq(th) && first < Infinity) scroller.scrollTop = scroller.scrollHeight - below;
    if (messages.length) first = firstSeq(th);
    renderTyping(id);
    const missing = settle.missing(conv);
    banner.hidden = !conv || conv.status === "open" || !!conv.asks || missing;
    if (conv) banner.textContent = t(conv.can_reopen ? "resolved" : stopped ? "resolved_closed" : "resolved_new");
    const place = conv && conv.status === "open" ? lineText(conv.estimate) : "";
    if (line.textContent !== place) line.textContent = place;
    line.hidden = !place;
    renderQuestions(needQuestions);
    if (stopped) composer.node.hidden = true;
    renderClosed(stopped);
    composer.show(missing ? t("missing_write") : undefined);
    seen();
  }

  function renderTyping(id) {
    const who = state.typing.get(id);
    const text = who ? t("typing", { name: who.name || t("agent") }) : "";
    if (typing.dataset.text === text) return;
    typing.dataset.text = text;
    typing.replaceChildren(...(who ? [el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), text] : []));
  }

  function renderClosed(stopped) {
    closed.hidden = !stopped;
    const sign = JSON.stringify([stopped, hasFAQ(), state.config && state.config.contact, language]);
    if (closed.dataset.sign === sign) return;
    closed.dataset.sign = sign;
    closed.replaceChildren(...(stopped ? [closedText(), hasFAQ() ? el("button", { type: "button", class: "choice", onclick: () => view.toHelp() }, t("look_help")) : ""] : []));
  }

  function renderQuestions(need) {
    composer.node.hidden = need;
    questions.hidden = !need;
    if (!need) { questions.replaceChildren(); return; }
    if (questions.dataset.lang === language && questions.firstChild) return;
    questions.dataset.lang = language;
    questions.replaceChildren(prechatForm((answers) => {
      storage.set(storeKey("prechat"), JSON.stringify({ ...storage.json(storeKey("prechat")), ...answers }));
      render(); // at once: what is hidden can't take the focus
      composer.focus();
    }));
  }

  function seen() {
    const id = view.conversation;
    if (view.open && id && !document.hidden && stick && state.connected) markRead(id);
  }

  scroller.addEventListener("scroll", () => {
    stick = atBottom();
    if (stick) { jump.hidden = true; seen(); }
    if (scroller.scrollTop < 80 && !older.hidden) fetchOlder();
  });
  // Pictures that load late must not push the end out of sight.
  log.addEventListener("load", () => stick && toBottom(), true);
  // Nor may a growing composer or the keyboard of a phone.
  const hold = new ResizeObserver(() => { if (stick) scroller.scrollTop = scroller.scrollHeight; });
  for (const part of [scroller, settle.node]) hold.observe(part);
  bus.on("arrived", (msg) => {
    if (msg.conversation === view.conversation && !stick && msg.author.kind !== "end_user") jump.hidden = false;
  });

  // Who has answered in the composer, and has nothing in it, is led to the input that fits
  // the next question. One for a date isn't taken to: phones would open their calendar.
  function toInput() {
    const input = log.lastElementChild?.querySelector(".answer .field");
    if (input === led) return;
    led = input;
    if (input && input.dataset.kind !== "date" && composer.idle()) input.focus();
  }

  let depth = 0;
  const hasFiles = (e) => e.dataTransfer && [...e.dataTransfer.types].includes("Files");
  const dragging = (by) => (e) => {
    if (!hasFiles(e) || !composer.takesFiles()) return;
    e.preventDefault();
    depth = Math.max(0, depth + by);
    drop.hidden = depth === 0;
  };
  node.addEventListener("dragenter", dragging(1));
  node.addEventListener("dragleave", dragging(-1));
  node.addEventListener("drop", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth = 0;
    drop.hidden = true;
    if (composer.takesFiles()) composer.addFiles([...e.dataTransfer.files]);
  });

  function focus() {
    const field = questions.querySelector("input, select");
    if (!questions.hidden && field) field.focus();
    else if (!closed.hidden) closed.querySelector("button")?.focus();
    else composer.focus();
  }
  return { node, render, focus, toBottom, seen, writing: () => composer.writing() };
}

// openQuestions lists what the desk wants to know and nobody has answered yet.
function openQuestions() {
  const asked = (state.config && state.config.prechat) || [];
  const given = storage.json(storeKey("prechat")) || {};
  const me = state.me || {};
  return asked.filter((q) => !(q.key in given) && !(["name", "email", "phone"].includes(q.key) && me[q.key]));
}

// takePrechat gives what was answered to the first message of a conversation. What is about
// the visitor stays, so that he isn't asked again; what is about the matter doesn't.
function takePrechat() {
  const given = storage.json(storeKey("prechat"));
  if (!given) return undefined;
  const lasting = Object.fromEntries(["name", "email", "phone"].filter((key) => key in given).map((key) => [key, given[key]]));
  storage.set(storeKey("prechat"), JSON.stringify(lasting));
  return given;
}

function prechatForm(onDone) {
  const fields = openQuestions().map(prechatField);
  const form = el("form", { class: "prechat", novalidate: true, "aria-label": t("prechat") },
    el("h3", {}, t("prechat")), fields.map((f) => f.node), el("button", { type: "submit", class: "primary" }, t("start")));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const bad = fields.filter((f) => !f.check());
    if (bad.length) { bad[0].control.focus(); return; }
    onDone(Object.fromEntries(fields.map((f) => [f.key, f.control.value.trim()])));
  });
  return form;
}

function prechatField(q) {
  const id = `fd-q-${q.key}`;
  const props = { id, name: q.key, "aria-describedby": `${id}-error`, "aria-required": String(!!q.required), class: "field" };
  const options = q.kind === "yes_no" ? [["true", t("yes")], ["false", t("no")]] : (q.options || []).map((o, i) => [o, (q.option_labels || [])[i] || o]);
  const control = q.kind === "choice" || q.kind === "yes_no"
    ? el("select", props, el("option", { value: "" }, t("choose")), options.map(([value, label]) => el("option", { value }, label)))
    : el("input", { ...props, dir: "auto", maxlength: "300", type: "text", ...inputProps[q.kind],
      autocomplete: { name: "name", email: "email", phone: "tel" }[q.key] || "off" });
  const error = el("div", { class: "field-error", id: `${id}-error` });
  const label = el("label", { for: id }, q.label, q.required ? null : el("span", { class: "optional" }, ` (${t("optional")})`));
  function check() {
    const value = control.value.trim();
    const text = control.validity.badInput ? (q.kind === "date" ? t("bad_date") : t("bad_number")) : !value ? (q.required ? t("required") : "")
      : q.kind === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? t("bad_email") : "";
    error.textContent = text;
    control.setAttribute("aria-invalid", String(!!text));
    return !text;
  }
  control.addEventListener("change", check);
  return { key: q.key, control, check, node: el("div", { class: "question" }, label, control, error) };
}
