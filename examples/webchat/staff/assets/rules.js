// The rules in the office: what happens by itself, in which order, and how often it did.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { state } from "./store.js";
import { relative } from "./dates.js";
import { ask, dialog, menu, toast } from "./overlay.js";
import { editRule } from "./ruleform.js";
import { runList } from "./ruleruns.js";
import { actionText, triggerText } from "./ruletext.js";

const kindIcon = { created: "inbox", event: "bolt", time: "clock", schedule: "bell" };

function ranText(r) {
  const ran = r.ran;
  if (!ran || !ran.last) return "Hasn’t run yet";
  return ran.times ? `${ran.times}${ran.more ? "+" : ""} ${ran.times === 1 && !ran.more ? "time" : "times"} in 7 days` : `Last ran ${relative(ran.last)}`;
}

// hints are what is wrong with a rule.
function hints(got, r) {
  const found = got.findings.filter((f) => f.rules.at(-1) === r.id && !(r.problem && f.kind === "broken"));
  return [r.problem ? ["error", `It can’t run any more: ${r.problem}.`] : null, ...found.map((f) => [f.severity, f.text]), r.ran && r.ran.failed ? ["warning", `${r.ran.failed} of its last runs didn’t go well.`] : null].filter(Boolean)
    .map(([severity, text]) => el("p", { class: `rule-hint ${severity}` }, icon(severity === "note" ? "info" : "alert"), el("span", { dir: "auto" }, text)));
}

export function createRules() {
  const content = el("div", {});
  let got = null;
  const node = el("section", { "aria-labelledby": "rules-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "rules-title" }, "Rules"), el("p", { class: "soft" }, "What happens by itself. They run from top to bottom; of two that set the same, the first one counts.")),
      el("button", { type: "button", class: "button primary", hidden: true, onclick: () => got && editRule(got, load) }, icon("plus"), "New rule")), content);

  async function load() {
    try { got = await call("GET", "office/rules"); } catch (err) { toast(errorText(err)); }
    changed();
  }

  async function attempt(method, path, body) {
    try { await call(method, `office/rules/${path}`, body); } catch (err) { toast(errorText(err)); }
    await load();
  }

  const path = (r) => encodeURIComponent(r.id);

  // move puts a rule one place up or down, and leaves the focus on its button.
  async function move(i, by) {
    const rules = got.rules, r = rules[i];
    await attempt("POST", `${path(r)}/move`, { before: (by < 0 ? rules[i - 1] : rules[i + 2] || { id: "" }).id });
    (content.querySelector(`[aria-label="${CSS.escape(`Move ${r.name} ${by < 0 ? "up" : "down"}`)}"]`) || content.querySelector(`[aria-label="${CSS.escape(`More on ${r.name}`)}"]`))?.focus();
  }

  async function remove(r) {
    if (await ask({ title: `Delete “${r.name}”?`, text: "What it did stays as it is.", yes: "Delete rule", danger: true })) await attempt("DELETE", `${path(r)}?revision=${r.revision}`);
  }

  function log(r) {
    const list = runList(`office/rules/${path(r)}/runs`, { of: "rule" });
    list.load();
    return dialog({ title: `Runs of “${r.name}”`, yes: "Close", plain: true, wide: true, content: list.node, onSubmit: () => true });
  }

  function acts(r, i) {
    const more = iconButton("more", `More on ${r.name}`, () => menu(more, r.name, [
      { label: "Runs", hint: "What it did, and on which tickets", run: () => log(r) },
      { label: "Copy", run: () => editRule(got, load, { ...r, id: "", revision: 0, name: `${r.name} (copy)`, off: true }) },
      { label: "Delete…", danger: true, run: () => remove(r) },
    ]), { "aria-haspopup": "menu", "aria-expanded": "false" });
    return el("span", { class: "rule-acts" }, i ? iconButton("back", `Move ${r.name} up`, () => move(i, -1), { class: "icon-button policy-up" }) : null,
      i < got.rules.length - 1 ? iconButton("down", `Move ${r.name} down`, () => move(i, 1)) : null, iconButton("write", `Change ${r.name}`, () => editRule(got, load, r)), more);
  }

  const row = (r, i) => el("li", { class: `rule${r.off ? " off" : ""}`, "data-rule": r.id },
    el("span", { class: `rule-kind ${r.on.kind}` }, icon(kindIcon[r.on.kind] || "bolt")),
    el("div", { class: "rule-text" },
      el("h3", { dir: "auto" }, r.name, r.stop ? el("span", { class: "pill" }, "Stops the rest") : null, r.once ? el("span", { class: "pill" }, "Once") : null, (r.apps || []).length ? el("span", { class: "pill" }, `${r.apps.length === 1 ? (got.choices.apps.find((a) => a.id === r.apps[0]) || { name: r.apps[0] }).name : `${r.apps.length} apps`}`) : null),
      el("p", { class: "rule-sentence" }, el("span", {}, triggerText(r.on, got.choices)), r.when ? [", if ", el("code", { dir: "ltr" }, r.when)] : null),
      el("ul", { class: "rule-does" }, r.do.map((a) => el("li", { dir: "auto" }, actionText(a, got.choices)))), r.off ? null : hints(got, r)),
    el("div", { class: "rule-side" },
      el("label", { class: "rule-switch" }, el("span", { class: "soft small" }, r.off ? "Off" : ranText(r)), el("input", { type: "checkbox", class: "switch", role: "switch", checked: !r.off, "aria-label": `${r.name} is on`, onchange: (e) => attempt("POST", `${path(r)}/switch`, { off: !e.target.checked }) })), acts(r, i)));

  function render() {
    node.querySelector("header .button").hidden = !got;
    if (!got) return;
    remake(content, JSON.stringify([got, state.queues, state.groups, state.agents]), () => (got.rules.length ? el("ol", { class: "rules" }, got.rules.map(row))
      : el("div", { class: "empty-rules" }, icon("bolt"), el("p", {}, "Nothing happens by itself yet."), el("p", { class: "soft" }, "A rule moves, tags, answers and resolves tickets for you: when one comes in, when something happens to it, or when a time is up."))));
  }
  return { node, load, render };
}
