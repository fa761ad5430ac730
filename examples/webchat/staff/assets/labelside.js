// The label of the ticket at hand: what the model says, how surely, by which words, and a
// click to change it.

import { call, ticketPath } from "./api.js";
import { el, icon } from "./dom.js";
import { act } from "./actions.js";
import { percent } from "./labelreport.js";

const cards = new Map(); // by ticket

async function get(id) {
  try { return await call("GET", ticketPath(id, "/label")); } catch { return null; }
}

const sourceText = { agent: "set by hand", automation: "set by a rule", bot: "set by a bot" };

function makeCard(id) {
  let of = "", got = null, ticket = null;
  const content = el("div", {});
  const node = el("section", { class: "card label-side", "aria-labelledby": "label-side-title", hidden: true }, el("h3", { id: "label-side-title" }, "Label"), content);
  let setting = Promise.resolve(); // a choice waits for the one before, whose news may be here before its answer
  const set = (label) => { setting = setting.then(() => act(id, "set", { label })).then((done) => done || paint()); };

  function choice(label, sure) {
    const on = ticket.label === label;
    const fill = el("span", {});
    fill.style.inlineSize = `${sure * 100}%`;
    return el("li", {}, el("button", { type: "button", class: `label-choice${on ? " on" : ""}`, "aria-pressed": String(on), title: on ? "It has this label" : `Label it ${label}`, onclick: () => on || set(label) },
      el("span", { class: "label-name", dir: "auto" }, label), el("span", { class: "sure-bar", "aria-hidden": "true" }, fill), el("span", { class: "label-sure" }, percent(sure)), on ? icon("check") : null));
  }

  function words() {
    if (!got.words.length) return null;
    const most = Math.max(...got.words.map((w) => Math.abs(w.share)));
    return el("p", { class: "label-words" }, el("span", { class: "soft small" }, `What speaks for ${got.top[0].label}: `), got.words.filter((w) => /[\p{L}\p{N}]/u.test(w.word) && Math.abs(w.share) >= 0.03).map((w) => {
      const node = el("span", { class: `word${w.share < 0 ? " against" : ""}`, dir: "auto", title: `${w.share < 0 ? "Against it" : "For it"}: ${percent(Math.abs(w.share))}` }, w.word);
      node.style.setProperty("--weight", String(Math.round((Math.abs(w.share) / most) * 100)));
      return node;
    }));
  }

  function paint() {
    node.hidden = !got || (!got.top.length && !got.labels.length && !ticket.label);
    if (node.hidden) return;
    const how = !ticket.label ? "" : ticket.label_source === "predicted" ? `predicted, ${percent(ticket.label_confidence)}` : sourceText[ticket.label_source] || "";
    const others = got.labels.filter((l) => !got.top.some((t) => t.label === l));
    const other = el("select", { class: "control label-other", "aria-label": "Another label" }, el("option", { value: "" }, "Another label…"), others.map((l) => el("option", { value: l }, l)));
    other.addEventListener("change", () => other.value && set(other.value));
    content.replaceChildren(...[
      el("p", { class: "label-now" }, ticket.label ? [el("span", { class: "pill label", dir: "auto" }, ticket.label), el("span", { class: "soft small" }, how), el("button", { type: "button", class: "text-button", onclick: () => set("") }, "Remove")]
        : el("span", { class: "soft small" }, got.predicted && !got.said ? "The model isn’t sure enough. Its guesses:" : "No label yet.")),
      got.top.length ? el("ul", { class: "label-choices", "aria-label": "Likeliest labels" }, got.top.map((t) => choice(t.label, t.sure))) : null, words(), others.length ? other : null].filter(Boolean));
  }

  async function follow(now) {
    ticket = now;
    const sign = `${now.title}/${Math.min(now.inbound, 1)}/${now.intake}/${now.label}`;
    if (sign === of) return;
    of = sign;
    if (got) paint();
    const answer = await get(id);
    if (of === sign && answer) { got = answer; paint(); }
  }
  return { node, follow };
}

// labelCard is the card of a ticket; it fills itself.
export function labelCard(ticket) {
  if (!cards.has(ticket.id)) {
    cards.set(ticket.id, makeCard(ticket.id));
    if (cards.size > 30) cards.delete(cards.keys().next().value);
  }
  const card = cards.get(ticket.id);
  card.follow(ticket);
  return card.node;
}
