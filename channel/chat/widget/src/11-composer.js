// The composer: text, attachments, typing signals. The draft survives a reload.

function createComposer({ target, onSend, onType }) {
  const problem = el("div", { class: "problem", role: "alert", hidden: true });
  const input = el("textarea", { class: "input", rows: "1", id: "fd-input", "aria-label": t("write"), placeholder: t("write"), enterkeyhint: "send" });
  const picker = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true" });
  const uploads = createUploads(refresh, complain);
  const sendButton = el("button", { type: "submit", class: "send", "aria-label": t("send"), title: t("send") }, icon("send"));
  const attachButton = iconButton("clip", t("attach"), () => picker.click());
  const form = el("form", { class: "composer", novalidate: true },
    problem, uploads.node, el("div", { class: "composer-row" }, attachButton, input, sendButton), picker);
  let typingSent = 0;
  let typingTimer = 0;
  let shownFor = null;

  const limit = () => (state.config && state.config.message_limit) || 10000;
  const draftKey = () => storeKey(`draft:${target() || "new"}`);

  function complain(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  function refresh() {
    const empty = !input.value.trim() && uploads.count() === 0;
    sendButton.disabled = empty || uploads.busy() || [...input.value].length > limit();
  }

  function grow() {
    // An empty field follows the language of the chat, a text its own.
    input.dir = input.value ? "auto" : "";
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 140)}px`;
  }

  function signalTyping(on) {
    const id = target();
    clearTimeout(typingTimer);
    if (!id || id.startsWith("local:") || !api.token || !state.connected) return;
    if (on && Date.now() - typingSent < 3000) { typingTimer = setTimeout(() => signalTyping(false), 5000); return; }
    if (!on && !typingSent) return;
    typingSent = on ? Date.now() : 0;
    api.call("POST", `/conversations/${encodeURIComponent(id)}/typing`, { typing: on }).catch(() => {});
    if (on) typingTimer = setTimeout(() => signalTyping(false), 5000);
  }

  function onInput() {
    const over = [...input.value].length > limit();
    complain(over ? t("too_long", { n: countText(limit()) }) : "");
    if (input.value) storage.set(draftKey(), input.value); else storage.remove(draftKey());
    signalTyping(!!input.value.trim());
    onType(input.value);
    grow();
    refresh();
  }

  function submit(event) {
    event.preventDefault();
    refresh();
    if (sendButton.disabled) return;
    const text = input.value.trim();
    storage.remove(draftKey());
    signalTyping(false);
    input.value = "";
    onType("");
    complain("");
    grow();
    onSend(text, uploads.take());
    refresh();
    input.focus();
  }

  input.addEventListener("input", onInput);
  window.addEventListener("resize", grow);
  input.addEventListener("keydown", (e) => {
    // isComposing: Enter then accepts a suggestion of an input method.
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) submit(e);
  });
  input.addEventListener("paste", (e) => {
    const files = [...(e.clipboardData ? e.clipboardData.files : [])];
    if (files.length && !uploads.off()) { e.preventDefault(); uploads.add(files); }
  });
  picker.addEventListener("change", () => { uploads.add([...picker.files]); picker.value = ""; input.focus(); });
  form.addEventListener("submit", submit);

  // Files that one visitor uploaded are not another's to send. What he is writing goes
  // on; drafts are stored for all tabs, and another may have sent its own.
  bus.on("forgotten", (same) => {
    const begun = shownFor === storeKey("draft:new") || !!shownFor && shownFor.startsWith(storeKey("draft:local:"));
    if (same && begun && input.value) {
      storage.remove(shownFor);
      storage.set(storeKey("draft:new"), input.value);
    }
    shownFor = null;
    uploads.take();
  });

  // Who is writing goes on, with what he has in this tab: drafts are stored for all tabs,
  // and another may have stored less.
  bus.on("carried", ({ from, to }) => {
    if (shownFor !== storeKey(`draft:${from}`) || !input.value) return;
    shownFor = storeKey(`draft:${to}`);
    storage.set(shownFor, input.value);
  });

  // show loads the draft of the conversation that is now open.
  function show(hint = t("write")) {
    input.placeholder = hint;
    attachButton.hidden = uploads.off();
    if (shownFor === draftKey()) return;
    shownFor = draftKey();
    input.value = storage.get(shownFor) || "";
    const types = state.config && state.config.attachments && state.config.attachments.types;
    if (types && types.length) picker.accept = types.join(",");
    complain("");
    grow();
    refresh();
    onType(input.value);
  }

  const idle = () => !input.value && uploads.count() === 0 && form.getRootNode().activeElement === input;

  return { node: form, show, idle, writing: () => !!input.value.trim() || uploads.count() > 0, focus: () => input.focus(), chooseFile: () => picker.click(), takesFiles: () => !form.hidden && !uploads.off(), addFiles: (files) => uploads.add(files) };
}
