// The composer: reply or note, attachments, typing signals. Drafts survive a reload.

import { bus, storage, storeKey } from "./base.js";
import { call, ticketPath } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { state, isClosed } from "./store.js";
import { createUploads } from "./uploads.js";
import { createMentions, mentionsIn } from "./mentions.js";
import { createReplies, createChosen } from "./replies.js";
import { toast } from "./overlay.js";

const modes = {
  reply: { label: "Reply", hint: "Write a reply, or / for a quick one…", send: "Send reply" },
  note: { label: "Internal note", hint: "Only your team sees this. @ calls a colleague…", send: "Add note" },
};

export function createComposer({ target, onSend }) {
  let mode = "reply";
  let shownFor = null;
  let typingFor = null;
  let typingSent = 0;
  let typingTimer = 0;
  // Files belong to the ticket they were picked for.
  const shelves = new Map();
  let uploads = null;

  const input = el("textarea", { class: "input", rows: "2", dir: "auto", id: "composer-input", enterkeyhint: "send" });
  const picker = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true" });
  const shelf = el("div", { class: "shelf" });
  const sendLabel = el("span", {});
  const sendButton = el("button", { type: "submit", class: "button primary send" }, icon("send"), sendLabel);
  const attachButton = iconButton("clip", "Attach files", () => picker.click());
  const reopen = el("input", { type: "checkbox", id: "composer-reopen", checked: true });
  const reopenLine = el("label", { class: "reopen-line", for: "composer-reopen", hidden: true }, reopen, "Reopen the ticket with this reply");
  const tabs = Object.entries(modes).map(([id, { label }]) => el("button", {
    type: "button", role: "tab", id: `mode-${id}`, class: "mode", "aria-controls": "composer-panel", onclick: () => { setMode(id); input.focus(); },
  }, label));
  const mentions = createMentions(input, () => mode === "note", onInput);
  let chosen = null; // the quick reply that the text came from, or the article that goes with it
  const chosenLine = createChosen(() => { choose(null); refresh(); input.focus(); });
  const replies = createReplies(input, { target, enabled: () => mode === "reply", onPick: insert });
  const hint = el("span", { class: "hint", "aria-hidden": "true" }, el("kbd", {}, "Enter"), " sends, ", el("kbd", {}, "Shift"), " + ", el("kbd", {}, "Enter"), " new line");
  const form = el("form", { class: "composer", novalidate: true, "aria-label": "Answer" },
    el("div", { class: "modes", role: "tablist", "aria-label": "Kind of message", onkeydown: onTabKey }, tabs),
    el("div", { class: "composer-box", id: "composer-panel", role: "tabpanel" },
      chosenLine.node, input, mentions.node, replies.node, shelf,
      el("div", { class: "composer-bar" }, replies.button, attachButton, hint, reopenLine, sendButton)), picker);

  const draftKey = (id = target(), which = mode) => storeKey(`draft:${state.me ? state.me.id : "-"}:${which}:${id}`);

  // choose notes which quick reply is sent, also beyond a reload.
  function choose(next) {
    chosen = next;
    chosenLine.show(mode === "reply" ? chosen : null);
    const at = `${draftKey(target(), "reply")}:quick`;
    if (chosen) storage.set(at, JSON.stringify(chosen)); else storage.remove(at);
  }

  const withArticle = () => mode === "reply" && !!(chosen && chosen.article);

  function insert(reply, text) {
    choose(reply);
    const before = input.value.trim();
    input.value = before ? `${before}\n\n${text}` : text;
    input.selectionStart = input.selectionEnd = input.value.length;
    onInput();
  }

  function onTabKey(e) {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(e.key)) return;
    e.preventDefault();
    setMode(mode === "reply" ? "note" : "reply");
    document.getElementById(`mode-${mode}`).focus();
  }

  function setMode(next) {
    if (next === mode) return;
    signalTyping(false);
    mode = next;
    shownFor = null;
    show();
  }

  function paintMode() {
    const { hint: text, send } = modes[mode];
    form.classList.toggle("noting", mode === "note");
    tabs.forEach((tab) => {
      const on = tab.id === `mode-${mode}`;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    });
    document.getElementById("composer-panel")?.setAttribute("aria-labelledby", `mode-${mode}`);
    input.placeholder = text;
    input.setAttribute("aria-label", modes[mode].label);
    sendLabel.textContent = send;
    attachButton.hidden = mode === "note";
    replies.button.hidden = mode === "note";
    chosenLine.show(mode === "reply" ? chosen : null);
    shelf.hidden = mode === "note";
  }

  const filesCount = () => (mode === "reply" && uploads ? uploads.count() : 0);

  function refresh() {
    sendButton.disabled = !target() || (!input.value.trim() && !filesCount() && !withArticle()) || (mode === "reply" && !!uploads && uploads.busy());
  }

  function grow() {
    input.style.height = "auto";
    input.style.height = `${Math.min(Math.max(input.scrollHeight, 52), 220)}px`;
  }

  // A colleague's note is nothing the customer should see being typed.
  function signalTyping(on) {
    const id = on ? target() : typingFor;
    clearTimeout(typingTimer);
    if (!id || (on && mode !== "reply")) return;
    if (!on) { typingFor = null; typingSent = 0; }
    if (!on || Date.now() - typingSent >= 3000) {
      if (on) { typingSent = Date.now(); typingFor = id; }
      call("POST", ticketPath(id, "/typing"), { typing: on }).catch(() => {});
    }
    if (on) typingTimer = setTimeout(() => signalTyping(false), 5000);
  }

  function keepDraft() {
    if (input.value) storage.set(draftKey(), input.value); else storage.remove(draftKey());
  }

  function onInput() {
    keepDraft();
    if (input.value.trim()) signalTyping(true); else signalTyping(false);
    if (!input.value.trim() && chosen && !chosen.article) choose(null);
    mentions.update();
    replies.update();
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
    mentions.close();
    replies.close();
    grow();
    const quick = mode === "reply" ? chosen : null;
    if (quick) choose(null);
    onSend({
      mode, text, mentions: mode === "note" ? mentionsIn(text) : undefined,
      attachments: mode === "reply" && uploads ? uploads.take() : undefined,
      quick: quick || undefined,
      reopen: mode === "reply" && !reopenLine.hidden && reopen.checked,
    });
    refresh();
    input.focus();
  }

  // An article that somebody wants to send goes along with what he writes.
  bus.on("article", ({ ticket, id, title }) => {
    if (ticket !== target()) return;
    setMode("reply");
    choose({ article: id, title, actions: [], attachments: [] });
    refresh();
    input.focus();
  });
  input.addEventListener("input", onInput);
  input.addEventListener("blur", () => signalTyping(false));
  input.addEventListener("keydown", (e) => {
    // isComposing: Enter then accepts a suggestion of an input method.
    if (e.isComposing || e.keyCode === 229) return;
    if (mentions.key(e) || replies.key(e)) return;
    if (e.key === "Enter" && !e.shiftKey && !e.altKey) submit(e);
    if (e.key === "Escape") input.blur();
  });
  // Enter sends or chooses: what drives a browser from outside types a line all the same.
  input.addEventListener("keypress", (e) => { if (e.key === "Enter" && !e.shiftKey && !e.altKey) e.preventDefault(); });
  input.addEventListener("paste", (e) => {
    const files = [...(e.clipboardData ? e.clipboardData.files : [])];
    if (files.length) { e.preventDefault(); addFiles(files); }
  });
  picker.addEventListener("change", () => { addFiles([...picker.files]); picker.value = ""; input.focus(); });
  form.addEventListener("submit", submit);

  function addFiles(files) {
    if (!target() || !files.length) return;
    if (mode === "note") { toast("Files can be sent with a reply, not with a note."); return; }
    uploads.add(files);
  }

  // show loads the draft of the ticket that is now open.
  function show() {
    const id = target();
    const ticket = state.tickets.get(id);
    reopenLine.hidden = !ticket || !isClosed(ticket) || mode !== "reply";
    if (!id || shownFor === draftKey()) return;
    if (typingFor && typingFor !== id) signalTyping(false);
    shownFor = draftKey();
    const owner = `${state.me.id}:${id}`;
    if (!shelves.has(owner)) shelves.set(owner, createUploads(refresh, (text) => toast(text)));
    uploads = shelves.get(owner);
    shelf.replaceChildren(uploads.node);
    mentions.close();
    replies.close();
    chosen = mode === "reply" ? storage.json(`${shownFor}:quick`) : null;
    input.value = storage.get(shownFor) || "";
    paintMode();
    grow();
    refresh();
  }

  // edit takes a message that was not sent back for changes.
  function edit(entry) {
    setMode(entry.mode === "note" ? "note" : "reply");
    input.value = [entry.text, input.value].filter(Boolean).join("\n\n");
    if (entry.quick) choose(entry.quick);
    if (entry.attachments && uploads) uploads.restore(entry.attachments);
    onInput();
    input.focus();
  }

  return {
    node: form, show, edit, addFiles, setMode,
    focus: () => input.focus(),
  };
}
