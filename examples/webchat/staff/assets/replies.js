// Quick replies: "/" in the composer, or its button, offers them; the chosen one is
// filled in for this ticket and can be changed before it is sent.

import { el, icon, iconButton } from "./dom.js";
import { call, ticketPath, errorText } from "./api.js";
import { describeAll } from "./deeds.js";
import { toast } from "./overlay.js";

export function createReplies(input, { target, enabled, onPick }) {
  const search = el("input", { type: "text", class: "replies-search", placeholder: "Search quick replies", "aria-label": "Search quick replies",
    role: "combobox", "aria-controls": "replies-list", "aria-expanded": "true", autocomplete: "off" });
  const list = el("ul", { class: "replies-list", role: "listbox", id: "replies-list", "aria-label": "Quick replies" });
  const node = el("div", { class: "replies", hidden: true }, search, list);
  let found = [];
  let at = 0;
  let searching = false; // by the button, with a field of its own
  let asked = 0;
  let timer = 0;
  let pending = false; // what is typed was asked for, and isn't there yet
  let soon = false; // Enter was faster than the desk

  // The word under the cursor, when it begins with a slash.
  function slash() {
    const before = input.value.slice(0, input.selectionStart);
    const match = /(?:^|\s)(\/\S*)$/.exec(before);
    return match ? match[1] : null;
  }

  // update follows what is typed into the composer.
  function update() {
    if (searching) return;
    const typed = enabled() ? slash() : null;
    if (typed === null) { close(); return; }
    look(typed);
  }

  function look(typed) {
    const mine = ++asked;
    clearTimeout(timer);
    pending = true;
    timer = setTimeout(async () => {
      try {
        const { replies } = await call("GET", `replies?q=${encodeURIComponent(typed)}`);
        if (mine !== asked) return;
        found = replies || [];
        at = 0;
        paint();
        pending = false;
        if (soon && found.length) pick(found[0]);
      } catch (err) {
        if (mine === asked && searching) toast(errorText(err));
      } finally {
        if (mine === asked) pending = soon = false;
      }
    }, node.hidden ? 0 : 90);
  }

  function row(reply, i) {
    const macro = reply.actions ? el("span", { class: "chip", title: "Does something besides answering" }, icon("bolt"), "Macro") : null;
    return el("li", { id: `reply-${i}`, role: "option", "aria-selected": String(i === at), class: "reply-option",
      onpointerdown: (e) => { e.preventDefault(); pick(reply); }, onpointermove: () => { if (at !== i) { at = i; mark(); } } },
    el("span", { class: "reply-top" }, el("span", { class: "reply-title", dir: "auto" }, reply.title), macro,
      reply.owner ? el("span", { class: "chip" }, "Mine") : null,
      reply.shortcut ? el("kbd", {}, reply.shortcut) : null),
    el("span", { class: "reply-preview", dir: "auto" }, reply.preview));
  }

  function paint() {
    node.hidden = !searching && !found.length;
    search.hidden = !searching;
    list.replaceChildren(...(found.length ? found.map(row) : [el("li", { class: "reply-none" }, "No quick reply is like that.")]));
    const field = searching ? search : input;
    input.setAttribute("aria-expanded", String(!node.hidden));
    input.setAttribute("aria-controls", node.hidden ? "mentions" : "replies-list");
    if (found.length) field.setAttribute("aria-activedescendant", `reply-${at}`); else field.removeAttribute("aria-activedescendant");
    mark();
  }

  function mark() {
    [...list.children].forEach((n, i) => n.setAttribute("aria-selected", String(i === at)));
    if (found.length) {
      (searching ? search : input).setAttribute("aria-activedescendant", `reply-${at}`);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  async function pick(reply) {
    const ticket = target();
    const typed = searching ? "" : slash() || "";
    const end = input.selectionStart;
    try {
      const rendered = await call("GET", ticketPath(ticket, `/replies/${encodeURIComponent(reply.id)}`));
      if (target() !== ticket) return;
      if (typed && input.value.slice(end - typed.length, end) === typed) input.setRangeText("", end - typed.length, end, "end");
      close();
      onPick({ id: reply.id, title: reply.title, actions: rendered.actions || [], attachments: rendered.attachments || [] }, rendered.text);
      input.focus();
    } catch (err) {
      const names = err.body && err.body.names;
      toast(names ? `“${reply.title}” needs what this ticket doesn’t have: ${names.join(", ")}.` : errorText(err));
    }
  }

  function close() {
    asked++;
    clearTimeout(timer);
    pending = soon = false;
    list.replaceChildren();
    if (node.hidden && !searching) return;
    searching = false;
    found = [];
    node.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "mentions");
    input.removeAttribute("aria-activedescendant");
  }

  // key says whether it used the key up.
  function key(e) {
    // A shortcut typed in a hurry is chosen when it comes, and not sent as it is.
    if (pending && e.key === "Enter" && !e.shiftKey) { soon = true; e.preventDefault(); e.stopPropagation(); return true; }
    if (node.hidden || e.isComposing) return false;
    if (e.key === "Escape") { const back = searching; close(); if (back) input.focus(); } else if (!found.length) return false;
    else if (e.key === "ArrowDown" || e.key === "ArrowUp") { at = (at + (e.key === "ArrowDown" ? 1 : found.length - 1)) % found.length; mark(); } else if ((e.key === "Enter" && !e.ctrlKey && !e.metaKey) || e.key === "Tab") pick(found[at]);
    else return false;
    e.preventDefault();
    e.stopPropagation();
    return true;
  }

  search.addEventListener("input", () => look(search.value));
  search.addEventListener("keydown", key);
  search.addEventListener("blur", () => { if (searching) close(); });
  input.addEventListener("blur", () => { if (!searching) close(); });

  const button = iconButton("bolt", "Quick replies (type /)", () => {
    if (!enabled()) return;
    searching = true;
    search.value = "";
    found = [];
    paint();
    search.focus();
    look("");
  }, { onpointerdown: (e) => e.preventDefault() });

  return { node, button, update, close, key };
}

// createChosen shows which quick reply is in the composer, and what else it will do.
export function createChosen(onRemove) {
  const node = el("div", { class: "chosen", hidden: true });
  function show(chosen) {
    node.hidden = !chosen;
    if (!chosen) { node.replaceChildren(); return; }
    if (chosen.article) {
      node.replaceChildren(icon("note"), el("span", { class: "chosen-text" }, "The article ", el("strong", { dir: "auto" }, chosen.title), " goes with your words."), iconButton("close", "Don’t send the article", onRemove, { class: "icon-button chosen-remove" }));
      return;
    }
    const files = chosen.attachments.map((a) => a.name);
    const does = [files.length ? `attaches ${files.join(", ")}` : "", describeAll(chosen.actions)].filter(Boolean).join(", ");
    node.replaceChildren(...[icon("bolt"), el("span", { class: "chosen-text" }, el("strong", { dir: "auto" }, chosen.title),
      does ? el("span", {}, ` also ${does}.`) : null), iconButton("close", "Send it as a plain reply", onRemove, { class: "icon-button chosen-remove" })]);
  }
  return { node, show };
}
