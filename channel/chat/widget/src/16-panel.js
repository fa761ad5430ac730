// The frame: launcher, dialog, header, list of conversations.

const view = { open: false, screen: "conversation", conversation: null, render: () => {} };
const extras = { fields: undefined, tags: undefined, metadata: undefined };

function createFrame() {
  const host = document.createElement("frontdesk-widget");
  const root = host.attachShadow({ mode: "open" });
  const themeSheet = addStyles(root);
  let parts = null;

  // build is repeated when the language changes; state lives elsewhere.
  function build() {
    const badge = el("span", { class: "badge", hidden: true });
    const launcher = el("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", onclick: toggle }, icon("chat"), icon("close"), badge);
    const title = el("h2", { id: "fd-title" });
    const subtitle = el("p", { class: "subtitle" });
    const face = el("span", { class: "face" });
    const back = iconButton("back", t("back"), goBack);
    const close = iconButton("close", t("close_chat"), () => setOpen(false));
    const notice = el("div", { class: "notice", role: "status" });
    const away = createAway();
    const list = el("ul", { class: "list" });
    const listScreen = el("div", { class: "list-screen" }, el("h3", {}, t("conversations")), list,
      el("button", { type: "button", class: "primary", onclick: startNew }, icon("plus"), t("new_conversation")));
    const conversation = createConversationView(view);
    const help = createHelp({ onWrite: startNew, onConversations: toConversations });
    const panel = el("section", { class: "panel", role: "dialog", "aria-labelledby": "fd-title", tabindex: "-1", hidden: true },
      el("header", { class: "head" }, back, face, el("div", { class: "titles" }, title, subtitle), close),
      notice, away.node, listScreen, help.node, conversation.node);
    const frame = el("div", { class: "frame", dir: direction(), lang: language }, panel, launcher);
    panel.addEventListener("keydown", onKey);
    for (const kind of ["pointerenter", "focus"]) launcher.addEventListener(kind, () => loadHome().catch(() => {}));
    // A file dropped beside the conversation must not replace the page.
    for (const kind of ["dragover", "drop"]) panel.addEventListener(kind, (e) => e.preventDefault());
    parts = { frame, launcher, badge, panel, title, subtitle, face, back, notice, away, list, listScreen, help, conversation, focus: focusInside };
    root.querySelector(".frame")?.remove();
    root.append(frame);
  }

  function onKey(e) {
    if (e.key === "Escape") { e.stopPropagation(); setOpen(false); }
    if (e.key === "Tab" && fullScreen()) trapTab(e);
  }

  // On a phone the dialog covers the page, so Tab must not leave it.
  function trapTab(e) {
    const all = [...parts.panel.querySelectorAll("button, a[href], input:not([type=file]), textarea, select, [tabindex='0']")]
      .filter((n) => !n.disabled && n.getClientRects().length);
    const edge = e.shiftKey ? all[0] : all.at(-1);
    if (root.activeElement === edge || (e.shiftKey && root.activeElement === parts.panel)) { e.preventDefault(); (e.shiftKey ? all.at(-1) : all[0]).focus(); }
  }

  const fullScreen = () => matchMedia("(max-width: 479.98px)").matches;

  function focusInside() {
    if (view.screen === "list") parts.listScreen.querySelector("button")?.focus();
    else if (view.screen === "help") parts.help.focus();
    else if (fullScreen()) parts.panel.focus(); // no keyboard popping up unasked
    else parts.conversation.focus();
  }

  const listOffered = () => state.conversations.size > 1 || !!(state.config && state.config.multiple && state.conversations.size);

  function choose() {
    if (view.conversation) return;
    const all = conversationsSorted();
    const waiting = outbox.all().at(-1);
    if (waiting) view.conversation = waiting.conversation;
    else if (listOffered() && !view.startNew) view.screen = "list";
    else if (all.length && !view.startNew) view.conversation = all[0].id;
    else if (hasFAQ() && state.listLoaded && !view.startNew && !parts.conversation.writing()) toHelp();
    if (view.conversation) keepWriting("new", view.conversation);
  }

  // A tab in which nobody writes leaves drafts to the one in which somebody does.
  function keepWriting(from, to) {
    if (parts.conversation.writing()) carryDraft(from, to);
  }

  // Who has asked nothing yet looks at the articles first.
  function toHelp() {
    if (view.screen === "help") return;
    const { activeElement } = root;
    view.screen = "help";
    const inside = activeElement && parts.conversation.node.contains(activeElement);
    if (inside) queueMicrotask(() => parts.help.focus()); // once it is shown
  }

  function goBack() {
    if (view.screen === "help") {
      if (parts.help.back()) { view.render(); return; }
      view.screen = "conversation";
      render();
      if (offeredBy && offeredBy.isConnected) { offeredBy.focus(); return; }
    } else if (view.screen === "conversation" && listOffered()) {
      view.screen = "list";
    } else {
      view.startNew = false;
      view.screen = "help";
    }
    render(); // at once: what is hidden can't take the focus
    parts.focus();
  }

  function toConversations() {
    const all = conversationsSorted();
    if (!listOffered() && all.length) { openConversation(all[0].id); return; }
    view.screen = "list";
    render();
    parts.focus();
  }

  // An article that is offered while somebody writes, or by a message; what he has written stays.
  let offeredBy = null; // the card that was clicked: going back leads to it
  view.offer = (id, title, text, card) => {
    offeredBy = card;
    if (!view.conversation) view.startNew = true;
    view.screen = "help";
    parts.help.offer(id, title, text);
  };
  view.toHelp = () => { view.screen = "help"; render(); parts.help.focus(); };
  bus.on("forgotten", () => parts.help.reset());

  function startNew() {
    const open = conversationsSorted().find((c) => c.status === "open");
    view.startNew = true;
    // Where only one may be open, "new" leads to it.
    view.conversation = open && !(state.config && state.config.multiple) ? open.id : null;
    view.screen = "conversation";
    render();
    parts.conversation.focus();
  }

  // Who opened the chat from the page gets the focus back.
  let opener = null;
  const focusInPage = () => (document.activeElement === document.body || document.activeElement === host ? null : document.activeElement);

  // quiet: the page was reloaded with the chat open; nobody asked for the focus.
  function setOpen(open, quiet) {
    if (view.open === open) return;
    view.open = open;
    storage.set(storeKey("open"), open ? "1" : "");
    if (open) loadHome().catch(() => {});
    if (open) { opener = quiet ? null : focusInPage(); choose(); }
    const takeBack = !open && !focusInPage();
    render();
    if (open) parts.conversation.toBottom();
    if (open && !quiet) focusInside();
    if (takeBack) (opener && opener.isConnected ? opener : parts.launcher).focus();
    outside.emit(open ? "open" : "close");
  }

  const toggle = () => setOpen(!view.open);

  function render() {
    if (parts.frame.lang !== language) build();
    const { launcher, badge, panel, notice } = parts;
    const unread = unreadCount();
    launcher.setAttribute("aria-expanded", String(view.open));
    // Where the desk wants no questions, and has no answers, only who has asked before finds the chat.
    launcher.hidden = !!state.config && state.config.contact_us === "never" && !state.conversations.size && !hasFAQ() && !view.open;
    launcher.setAttribute("aria-label", view.open ? t("close_chat") : t("open_chat") + (unread ? `. ${t("unread", { n: countText(unread) })}` : ""));
    badge.textContent = unread > 99 ? "99+" : countText(unread);
    badge.hidden = unread === 0 || view.open;
    parts.frame.classList.toggle("open", view.open);
    panel.hidden = !view.open;
    panel.setAttribute("aria-modal", String(fullScreen()));
    if (!view.open) return;
    choose();
    const lost = state.lost && !state.connected;
    notice.textContent = lost ? t("connection_lost") : "";
    notice.classList.toggle("shown", !!lost);
    const onList = view.screen === "list" && listOffered();
    const onHelp = !onList && view.screen === "help";
    parts.listScreen.hidden = !onList;
    parts.help.node.hidden = !onHelp;
    parts.conversation.node.hidden = onList || onHelp;
    parts.back.hidden = onHelp ? !parts.help.deep : onList ? !hasFAQ() : !listOffered() && !hasFAQ();
    const label = t(!onHelp && !onList && listOffered() ? "back" : "go_back");
    parts.back.title = label;
    parts.back.setAttribute("aria-label", label);
    parts.away.render(!onHelp);
    renderHead(onList || onHelp);
    if (onList) renderList(); else if (onHelp) parts.help.render(); else parts.conversation.render();
    if (onHelp && !faq.failed) loadHome().catch(() => {});
  }

  function renderHead(onList) {
    const conv = onList ? null : state.conversations.get(view.conversation);
    const agent = conv && conv.agent;
    const name = agent ? agent.name : appName();
    parts.title.textContent = agent ? agent.name : name ? t("title", { name }) : t("conversation");
    const usual = state.config && state.config.usual_reply;
    const lines = [];
    // Closed and "away" would be said twice.
    if (state.online || state.online === false && deskHours().open) lines.push(t(state.online ? "online" : "offline"));
    if (usual && usual.seconds) lines.push(t("usual_reply", { time: durationText(usual.seconds) }));
    parts.subtitle.textContent = lines.join(" · ");
    const sign = `${name}|${agent ? agent.picture : ""}|${state.online}`;
    if (parts.face.dataset.sign === sign) return;
    parts.face.dataset.sign = sign;
    parts.face.className = `face${state.online ? " online" : ""}`;
    parts.face.replaceChildren(avatar(agent, name || "?"));
  }

  function renderList() {
    reconcile(parts.list, conversationsSorted().map((c) => ({
      key: c.id, sign: JSON.stringify([c.updated, c.unread, c.status, c.last, c.agent, language]), make: () => listRow(c),
    })));
  }

  function listRow(c) {
    const name = (c.agent && c.agent.name) || appName();
    const mine = c.last && c.last.author === "end_user" ? `${t("you")}: ` : "";
    const text = c.last ? mine + (c.last.redacted ? t("message_removed") : c.last.text || t("attachment")) : "";
    return el("li", {}, el("button", { type: "button", class: `entry${c.unread ? " unread" : ""}`, onclick: () => openConversation(c.id) },
      avatar(c.agent, name),
      el("span", { class: "entry-main" },
        el("span", { class: "entry-title", dir: "auto" }, c.title || name),
        el("span", { class: "entry-text", dir: "auto" }, text)),
      el("span", { class: "entry-side" },
        el("time", { datetime: c.updated }, shortTime(c.updated)),
        c.unread ? el("span", { class: "badge", "aria-label": t("unread", { n: c.unread }) }, countText(c.unread))
          : c.status === "open" ? null : el("span", { class: "pill" }, t("status_resolved")))));
  }

  function openConversation(id) {
    Object.assign(view, { conversation: id, screen: "conversation", startNew: false });
    render();
    parts.conversation.focus();
  }

  bus.on("landed", ({ from, to }) => {
    if (view.conversation !== from || from === to) return;
    keepWriting(from, to);
    view.conversation = to;
    view.startNew = false;
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) render(); });

  build();
  return { host, render, setOpen, toggle, theme: () => applyTheme(parts.frame, themeSheet, root), rebuild: build };
}

// Constructed style sheets need no style-src exception from the host's CSP.
function addStyles(root, css = CSS_TEXT) {
  try {
    const sheet = new CSSStyleSheet();
    const theme = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet, theme];
    return { set: (css) => theme.replaceSync(css) };
  } catch {
    const sheet = el("style", {}, css);
    const theme = el("style");
    root.append(sheet, theme);
    return { set: (css) => { theme.textContent = css; } };
  }
}

function applyTheme(frame, sheet, root) {
  const theme = (state.config && state.config.theme) || {};
  const asked = settings.color || theme.color || "";
  const color = /^[#a-z0-9(),.%\s/-]+$/i.test(asked) && CSS.supports("color", asked) ? asked : "#5b5bd6";
  frame.classList.toggle("left", (settings.launcher || theme.launcher) === "left");
  frame.dataset.theme = settings.dark || theme.dark || "auto";
  sheet.set(`.frame{--accent:${color};--on-accent:${readableOn(color, root)}}`);
}

// readableOn picks black or white by the relative luminance of the colour.
function readableOn(color, root) {
  const probe = el("span");
  probe.style.color = color;
  root.append(probe);
  const numbers = (getComputedStyle(probe).color.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
  probe.remove();
  const [r, g, b] = numbers.map((v) => { const s = v / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.36 ? "#111" : "#fff";
}
