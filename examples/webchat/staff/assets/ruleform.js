// The form of a rule: when it runs, on which tickets, what it does; and a place to try
// it before it is let loose.

import { el, icon } from "./dom.js";
import { call, errorText, Refusal } from "./api.js";
import { dialog, labelled } from "./overlay.js";
import { chips, createCondition } from "./rulewhen.js";
import { createTrigger } from "./ruleon.js";
import { createActions } from "./ruledo.js";
import { trialNode, reportNode } from "./ruletry.js";

const blank = { id: "", name: "", on: { kind: "created" }, when: "", form: { parts: [] }, do: [], revision: 0 };

function step(word, hint, ...content) {
  return el("section", { class: "rule-step" }, el("h3", {}, word, el("small", {}, hint)), content);
}

// trying are the two ways to see what the rule would do.
function trying(read, got, show) {
  const number = el("input", { type: "text", inputmode: "numeric", class: "control", "aria-label": "Number of a ticket", placeholder: "Ticket number" });
  const days = el("select", { class: "control", "aria-label": "Days" }, [[1, "the last day"], [7, "the last 7 days"], [30, "the last 30 days"]].map(([n, text]) => el("option", { value: String(n), selected: n === 7 }, text)));
  const out = el("div", { class: "try-out", role: "status" });
  async function run(button, work) {
    button.disabled = true;
    out.replaceChildren(el("p", { class: "soft" }, "One moment…"));
    try {
      out.replaceChildren(await work());
      show(null);
      out.scrollIntoView({ block: "nearest" });
    } catch (err) {
      out.replaceChildren();
      try { show(err); } catch (refusal) { out.replaceChildren(el("p", { class: "form-problem" }, errorText(refusal))); }
    } finally { button.disabled = false; }
  }
  const dry = el("button", { type: "button", class: "button", onclick: () => run(dry, async () => {
    const n = Number(number.value.replace(/^\s*#/, ""));
    if (!n) throw new Refusal("Which ticket? Write its number.");
    return trialNode(await call("POST", "office/ruletry/ticket", { rule: { ...read(), name: read().name || "New rule" }, number: n }));
  }) }, "Try");
  const back = el("button", { type: "button", class: "button", onclick: () => run(back, async () => reportNode(await call("POST", "office/ruletry/backtest", { rule: { ...read(), name: read().name || "New rule" }, days: Number(days.value) }), got.rules)) }, "Backtest");
  number.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); dry.click(); } });
  return el("details", { class: "rule-try" }, el("summary", {}, icon("eye"), "Try it before you save"),
    el("p", { class: "soft small" }, "Nothing is changed, and nobody is told."),
    el("div", { class: "try-line" }, el("span", {}, "On a ticket"), number, dry), el("div", { class: "try-line" }, el("span", {}, "On what happened in"), days, back), out);
}

// editRule makes a rule, or changes one.
export function editRule(got, load, given) {
  const rule = given || blank;
  const name = Object.assign(el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", "aria-label": "Name", placeholder: "Refunds go to Returns" }), { value: rule.name });
  const about = Object.assign(el("textarea", { class: "control", rows: "2", dir: "auto", "aria-label": "Description" }), { value: rule.description || "" });
  const box = (on) => el("input", { type: "checkbox", checked: !!on });
  const stop = box(rule.stop), once = box(rule.once), off = box(rule.off);
  const apps = chips("Apps", rule.apps || [], got.choices.apps.map((a) => [a.id, a.name]), "All apps");
  const trigger = createTrigger(rule, got, () => read()), condition = createCondition(got.names, rule), actions = createActions(rule.do || [], got.choices);
  const read = () => ({ id: rule.id, revision: rule.revision, name: name.value.trim(), description: about.value, off: off.checked, apps: apps.read(), on: trigger.read(), ...condition.body(), do: actions.read(), stop: stop.checked, once: once.checked, overdue: trigger.overdue() });

  // show says at its place what an error is about, and throws what goes below the form.
  function show(err) {
    actions.show(-1, "");
    if (!err) return;
    condition.refused(err);
    if (err.body && err.body.action !== undefined) {
      actions.show(err.body.action, err.message.replace(/^rule\.do\.|^actions\./, ""));
      throw new Refusal(`Action ${err.body.action + 1} isn’t complete yet.`);
    }
    throw err.body && err.body.field ? new Refusal(err.message.replace(/^rule\.(on\.)?/, "")) : err;
  }

  // What was wrong is said until something is changed.
  const settled = (e) => { e.currentTarget.closest("form").querySelector(":scope > .form-problem").hidden = true; };

  return dialog({
    title: given && given.id ? given.name : "New rule", yes: "Save", wide: true,
    content: el("div", { class: "rule-form", oninput: settled, onchange: settled }, labelled("Name", name),
      step("When", "what makes it run", trigger.node), step("If", "on which tickets", condition.node), step("Then", "what it does, in this order", actions.node),
      el("details", { class: "rule-more", open: !!(rule.stop || rule.once || rule.off || (rule.apps || []).length) }, el("summary", {}, "More"),
        el("label", { class: "check" }, stop, "After it has run, the rules below it are skipped"), el("label", { class: "check" }, once, "Once per ticket, whatever happens later"), el("label", { class: "check" }, off, "Off: kept, and never run"),
        labelled("For tickets of", apps.node), labelled("Description", about)),
      trying(read, got, show)),
    async onSubmit() {
      try {
        await call("POST", "office/rules", read());
      } catch (err) { show(err); }
      await load();
    },
  });
}
