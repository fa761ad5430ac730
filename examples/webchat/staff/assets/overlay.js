// What lies above the page for a moment: toasts, menus, a question before the irreversible.

import { el, icon, iconButton } from "./dom.js";
import { errorText } from "./api.js";

// action is { label, run } of a button on it, an undoing say.
export function toast(text, kind = "bad", action = null) {
  const box = document.getElementById("toasts");
  const same = [...box.children].find((n) => n.dataset.text === text);
  if (same) same.remove();
  const node = el("div", { class: `toast ${kind}`, "data-text": text }, icon(kind === "bad" ? "alert" : "check"), el("span", {}, text),
    action ? el("button", { type: "button", class: "toast-action", onclick: () => { node.remove(); action.run(); } }, action.label) : null,
    iconButton("close", "Dismiss", () => node.remove()));
  box.append(node);
  while (box.children.length > 4) box.firstChild.remove();
  setTimeout(() => node.remove(), kind === "bad" || action ? 8000 : 4000);
}

// ask is a modal yes or no; it resolves to true only for the yes.
export function ask({ title, text, yes, danger }) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: "ask", "aria-labelledby": "ask-title", "aria-describedby": "ask-text" },
      el("form", { method: "dialog" }, el("h2", { id: "ask-title" }, title), el("p", { id: "ask-text" }, text),
        el("div", { class: "ask-actions" },
          el("button", { class: "button", value: "no" }, "Cancel"),
          el("button", { class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, yes))));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// dialog is a modal form. onSubmit may throw: what it says is shown, and the form
// stays. It resolves to what onSubmit returned, or to null where nobody went on. A
// plain one has nothing to cancel.
export function dialog({ title, text, content, yes, danger, wide, plain, onSubmit }) {
  return new Promise((resolve) => {
    let result = null;
    const problem = el("p", { class: "form-problem", role: "alert", hidden: true });
    const go = el("button", { type: "submit", class: `button ${danger ? "danger" : "primary"}` }, yes);
    const form = el("form", { novalidate: true }, el("h2", { id: "dialog-title" }, title), text ? el("p", {}, text) : null, content, problem,
      el("div", { class: "ask-actions" }, plain ? null : el("button", { type: "button", class: "button", onclick: () => node.close() }, "Cancel"), go));
    const node = el("dialog", { class: `ask form-dialog${wide ? " wide" : ""}`, "aria-labelledby": "dialog-title" }, form);
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      if (go.disabled) return;
      go.disabled = true;
      problem.hidden = true;
      try {
        result = (await onSubmit()) ?? true;
        node.close();
      } catch (err) {
        problem.textContent = errorText(err);
        problem.hidden = false;
      } finally {
        go.disabled = false;
      }
    });
    node.addEventListener("close", () => { node.remove(); resolve(result); });
    document.body.append(node);
    node.showModal();
    node.querySelector("[autofocus], input, select, textarea")?.focus();
  });
}

// labelled is a field of a form with its label, and perhaps a hint.
export function labelled(text, control, hint) {
  return el("label", { class: "form-field" }, el("span", { class: "form-label" }, text), control, hint ? el("small", {}, hint) : null);
}

let closeOpenMenu = null;

// menu opens a list of choices [{label, hint, face, checked, danger, run}] at a button.
export function menu(button, label, items) {
  const again = closeOpenMenu && button.getAttribute("aria-expanded") === "true";
  if (closeOpenMenu) closeOpenMenu();
  if (again) return;
  const rows = items.map((item) => el("button", {
    type: "button", class: `menu-item${item.danger ? " danger" : ""}`, tabindex: "-1",
    role: item.checked === undefined ? "menuitem" : "menuitemradio",
    "aria-checked": item.checked === undefined ? undefined : String(item.checked),
    onclick: () => { close(true); item.run(); },
  }, item.face, el("span", { class: "menu-text" }, el("span", {}, item.label), item.hint ? el("small", {}, item.hint) : null),
  item.checked ? icon("check") : null));
  const node = el("div", { class: "menu", role: "menu", "aria-label": label }, rows);
  document.body.append(node);
  button.setAttribute("aria-expanded", "true");
  placeAt(node, button.getBoundingClientRect());
  (rows.find((r) => r.getAttribute("aria-checked") === "true") || rows[0]).focus();

  function close(refocus) {
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", away);
    node.remove();
    button.setAttribute("aria-expanded", "false");
    closeOpenMenu = null;
    if (refocus && button.isConnected) button.focus();
  }
  const away = () => close(false);
  const outside = (e) => { if (!node.contains(e.target) && !button.contains(e.target)) close(false); };
  closeOpenMenu = () => close(false);
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", away);
  node.addEventListener("keydown", (e) => {
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[e.key];
    if (to !== undefined) rows.at(to % rows.length).focus();
    else if (e.key === "Escape" || e.key === "Tab") close(true);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
}

function placeAt(node, at) {
  const { offsetWidth: width, offsetHeight: height } = node;
  const below = at.bottom + 6 + height <= innerHeight || at.top < height + 14;
  const left = Math.min(Math.max(8, at.right - width > 8 && at.left + width > innerWidth - 8 ? at.right - width : at.left), innerWidth - width - 8);
  node.style.left = `${Math.max(8, left)}px`;
  node.style.top = `${below ? at.bottom + 6 : at.top - height - 6}px`;
}
