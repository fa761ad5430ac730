// API keys: programs of the host's that may do some things on the desk.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText, timeText } from "./dates.js";
import { ask, dialog, labelled, toast } from "./overlay.js";

// secretDialog shows what can't be read again.
export function secretDialog(title, text, secret) {
  const field = el("input", { class: "control secret", readonly: true, "aria-label": title });
  field.value = secret;
  field.addEventListener("focus", () => field.select());
  const copy = el("button", { type: "button", class: "button small", onclick: async () => {
    try { await navigator.clipboard.writeText(secret); toast("Copied.", "good"); } catch { field.select(); }
  } }, "Copy");
  return dialog({ title, text, yes: "Done", plain: true, wide: true, content: el("div", { class: "secret-row" }, field, copy), onSubmit: () => true });
}

function add(permissions, load) {
  const name = el("input", { class: "control", maxlength: "255", dir: "auto", placeholder: "Order system" });
  const boxes = permissions.map((p) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: p, checked: p === "converse" }), el("span", { class: "pick-text" }, p[0].toUpperCase() + p.slice(1))));
  let made = null;
  return dialog({
    title: "New key", yes: "Make it", content: [labelled("Name", name, "So that you know later whose it is."), el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, "It may"), boxes)],
    onSubmit: async () => {
      made = await call("POST", "office/keys", { name: name.value, may: boxes.map((b) => b.querySelector("input")).filter((i) => i.checked).map((i) => i.value) });
    },
  }).then((ok) => {
    load();
    if (ok && made) secretDialog(`The key “${made.name}”`, "Keep it now: the desk has a hash of it, and can't show it again.", made.secret);
  });
}

export function createKeys(permissions) {
  const content = el("div", {});
  const node = el("section", { "aria-labelledby": "keys-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "keys-title" }, "API keys"), el("p", { class: "soft" }, "For programs of yours. Each does what it was given, until it is revoked.")),
      el("button", { type: "button", class: "button", onclick: () => add(permissions(), load) }, icon("plus"), "New key")), content);
  let got = null;

  async function load() {
    try { got = (await call("GET", "office/keys")).keys; } catch (err) { toast(errorText(err)); }
    changed();
  }

  async function revoke(k) {
    if (!(await ask({ title: `Revoke “${k.name}”?`, text: "The program that has it is refused from now on.", yes: "Revoke", danger: true }))) return;
    try { await call("DELETE", `office/keys/${encodeURIComponent(k.id)}`); } catch (err) { toast(errorText(err)); }
    load();
  }

  function render() {
    node.querySelector("header .button").hidden = !permissions().length;
    if (!got) return;
    remake(content, JSON.stringify(got), () => (got.length
      ? el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, ["Name", "May", "Made", "Last used", ""].map((t) => el("th", { scope: "col" }, t)))),
        el("tbody", {}, got.map((k) => el("tr", {}, el("td", { dir: "auto" }, el("strong", {}, k.name)), el("td", { "data-label": "May" }, el("div", { class: "chips" }, k.may.map((p) => el("span", { class: "tag" }, p)))),
          el("td", { "data-label": "Made" }, dayText(k.created)), el("td", { "data-label": "Last used" }, k.used ? `${dayText(k.used)}, ${timeText(k.used)}` : "Never"),
          el("td", {}, iconButton("close", `Revoke ${k.name}`, () => revoke(k)))))))
      : el("p", { class: "empty-line" }, "There are no keys.")));
  }
  return { node, load, render };
}
