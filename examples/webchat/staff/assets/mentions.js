// "@" in a note offers the colleagues; the chosen ones are told of the note.

import { el, avatar } from "./dom.js";
import { state } from "./store.js";

// mentionsIn finds the agents whose "@Name" stands in the text.
export function mentionsIn(text) {
  return state.agents.filter((a) => a.name && text.includes(`@${a.name}`)).map((a) => a.id);
}

export function createMentions(input, enabled, onChange) {
  const node = el("ul", { class: "mentions", role: "listbox", id: "mentions", "aria-label": "Colleagues", hidden: true });
  let found = [];
  let at = 0;

  // The word under the cursor, when it begins with "@".
  function query() {
    const before = input.value.slice(0, input.selectionStart);
    const match = /(?:^|\s)@([^\s@]*)$/.exec(before);
    return match ? match[1].toLowerCase() : null;
  }

  function update() {
    const text = enabled() ? query() : null;
    found = text === null ? [] : state.agents.filter((a) => a.name && a.name.toLowerCase().split(/\s+/).some((w) => w.startsWith(text))).slice(0, 6);
    at = 0;
    paint();
  }

  function paint() {
    node.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    if (found.length) input.setAttribute("aria-activedescendant", `mention-${at}`);
    else input.removeAttribute("aria-activedescendant");
    node.replaceChildren(...found.map((agent, i) => el("li", {
      id: `mention-${i}`, role: "option", "aria-selected": String(i === at), class: "mention-option",
      onpointerdown: (e) => { e.preventDefault(); pick(agent); },
    }, avatar(agent, agent.name, "tiny"), el("span", {}, agent.name), el("small", {}, agent.role || ""))));
  }

  function pick(agent) {
    const cursor = input.selectionStart;
    const start = input.value.slice(0, cursor).lastIndexOf("@");
    input.setRangeText(`@${agent.name} `, start, cursor, "end");
    onChange();
    close();
  }

  function close() {
    found = [];
    paint();
  }

  // key says whether it used the key up.
  function key(e) {
    if (!found.length) return false;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") at = (at + (e.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    else if ((e.key === "Enter" && !e.ctrlKey && !e.metaKey) || e.key === "Tab") { e.preventDefault(); pick(found[at]); return true; }
    else if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); close(); return true; }
    else return false;
    e.preventDefault();
    paint();
    return true;
  }

  input.setAttribute("aria-controls", "mentions");
  input.setAttribute("aria-autocomplete", "list");
  input.addEventListener("blur", close);
  return { node, update, close, key };
}
