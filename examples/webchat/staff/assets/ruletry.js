// What came of trying a rule: on one ticket, and on what has happened.

import { el, icon } from "./dom.js";
import { queueName } from "./work.js";
import { timeText, dayText } from "./dates.js";
import { actionText, agentName, fieldName, groupName, resultText, valueText, verbText, listed } from "./ruletext.js";

// partNode is a part of a condition, with the values that made it true or not.
function partNode(part) {
  const values = (part.values || []).map((v) => el("span", { class: "part-value" }, `${v.name} is `, el("b", { dir: "auto" }, v.set ? v.text : "not set")));
  return el("li", { class: part.true ? "true" : "false" }, icon(part.true ? "check" : "close"), el("span", { class: "part-text" },
    el("span", { class: "hidden-text" }, part.true ? "True: " : "Not true: "), part.join ? el("span", { class: "soft" }, { and: "All of", or: "One of", not: "Not" }[part.join]) : el("code", {}, part.source), ...values,
    part.parts ? el("ul", { class: "parts" }, part.parts.map(partNode)) : null));
}

const changeName = (what) => (what.startsWith("field.") ? fieldName(what.slice(6)) : what[0].toUpperCase() + what.slice(1));

export function outcomes(did) {
  return el("ul", { class: "outcomes" }, (did || []).map((o) => el("li", { class: `outcome ${o.result}`, title: o.why || "" }, icon({ done: "check", failed: "alert" }[o.result] || "info"), verbText[o.do] || o.do,
    o.result === "done" ? null : el("span", { class: "soft" }, ` ${resultText[o.result].toLowerCase()}${o.why ? `: ${o.why}` : ""}`))));
}

// trialNode says what a rule would do to a ticket, and why not.
export function trialNode(t) {
  const changes = t.changes || [], said = t.said || [];
  return el("div", { class: "trial" },
    el("p", { class: `verdict ${t.would ? "yes" : "no"}` }, icon(t.would ? "check" : "reject"), el("span", { dir: "auto" }, `${t.would ? "It would run" : "It wouldn’t run"} on #${t.ticket.number} ${t.ticket.title}`)),
    (t.why || []).length ? el("ul", { class: "whys" }, t.why.map((w) => el("li", {}, `${w[0].toUpperCase()}${w.slice(1)}.`))) : null,
    t.since ? el("p", { class: "soft small" }, `Its clock runs since ${dayText(t.since)}, ${timeText(t.since)}${t.due ? `, and is up on ${dayText(t.due)}, ${timeText(t.due)}` : ""}.`) : null,
    t.when.source && t.when.source !== "true" ? el("ul", { class: "parts" }, partNode(t.when)) : null,
    t.did ? [el("h4", {}, t.would ? "What it would do" : "What it would do then"), outcomes(t.did)] : null,
    changes.length ? el("ul", { class: "changes" }, changes.map((c) => el("li", { dir: "auto" }, `${changeName(c.what)}: `, el("s", {}, valueText(c.what, c.from)), " → ", el("b", {}, valueText(c.what, c.to))))) : null,
    said.map((m) => el("div", { class: `trial-said ${m.kind}` }, el("small", {}, m.kind === "note" ? "Note" : m.kind === "public" ? "To the customer" : "In the ticket"), el("p", { dir: "auto" }, m.text),
      m.choices ? el("ul", { class: "offered" }, m.choices.map((c) => el("li", { dir: "auto" }, c))) : null)));
}

// deedText is something that a rule did, or would have done.
function deedText(what) {
  const [kind, id] = what.split(/:(.*)/);
  switch (kind) {
    case "queue": return queueName(id);
    case "agent": return agentName(id);
    case "group": return groupName(id);
  }
  const [verb, ...rest] = what.split(" ");
  return verbText[verb] ? actionText({ do: verb, to: rest[0], text: rest.at(-1), tags: rest }) : what;
}

// reportNode says what a backtest found.
export function reportNode(r, rules) {
  const name = (id) => (id === "new" ? "this rule" : (rules.find((x) => x.id === id) || {}).name || id);
  const counts = [["assigned", "given to others"], ["answered", "answered differently"], ["resolved", "closed differently"], ["changed", "changed otherwise"]].filter(([key]) => r[key]);
  const side = (deeds) => (deeds.length ? deeds.map((d) => el("span", { class: "deed", title: `By ${name(d.rule)}` }, deedText(d.what))) : el("span", { class: "soft" }, "nothing"));
  return el("div", { class: "report" },
    el("p", { class: `verdict ${counts.length ? "yes" : "no"}` }, icon(counts.length ? "info" : "check"), `${r.tickets}${r.more ? " and more" : ""} ${r.tickets === 1 && !r.more ? "ticket" : "tickets"} looked at: ${counts.length ? listed(counts.map(([key, text]) => `${r[key]} ${text}`), "and") : "nothing would have been different"}.`),
    r.left_out ? el("p", { class: "soft small" }, `${r.left_out} acts of people couldn’t be done again.`) : null,
    r.differences.length ? el("table", { class: "office-table differences" }, el("thead", {}, el("tr", {}, ["Ticket", "Was", "Would have been"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, r.differences.map((d) => el("tr", {}, el("td", { "data-label": "Ticket" }, `#${d.number}`), el("td", { "data-label": "Was" }, side(d.was)), el("td", { "data-label": "Would have been" }, side(d.would)))))) : null);
}
