// A bot on trial: a conversation with its flow that nobody gets. Each answer plays it again
// from the beginning, so that nothing has to be kept.

import { el, icon } from "./dom.js";
import { errorText } from "./api.js";

export function createTrial(play, onStep, name) {
  const log = el("div", { class: "try-log", role: "log", "aria-live": "polite", "aria-label": "The conversation" });
  const input = el("input", { class: "control", "aria-label": "What the visitor writes", placeholder: "Answer as a visitor…", autocomplete: "off", maxlength: "1000", dir: "auto" });
  const form = el("form", { class: "try-form" }, input, el("button", { type: "submit", class: "button primary", "aria-label": "Send" }, icon("send")));
  const language = el("select", { class: "control", "aria-label": "Language" }, [["en", "English"], ["de", "German"], ["fr", "French"], ["ja", "Japanese"], ["ar", "Arabic"]].map(([v, text]) => el("option", { value: v }, text)));
  const outside = el("textarea", { class: "control flow-source", rows: "3", spellcheck: "false", dir: "ltr", "aria-label": "What other systems answer, as JSON" });
  outside.value = JSON.stringify({ state: "sent", carrier: "Northpost", day: "Friday" });
  const fails = el("input", { type: "checkbox" });
  const node = el("section", { class: "bot-try", "aria-labelledby": "try-title" },
    el("header", {}, el("h4", { id: "try-title" }, "Try it"), language, el("button", { type: "button", class: "button small", onclick: () => restart() }, icon("reopen"), "Again")), log, form,
    el("details", {}, el("summary", {}, "What other systems answer"), outside, el("label", { class: "pick" }, fails, el("span", { class: "pick-text" }, "They fail"))));
  let first = "", says = [], run = 0;

  function restart() {
    first = "";
    says = [];
    show([], "first");
  }

  function show(lines, waits) {
    const over = waits === "over";
    log.replaceChildren(...[waits === "first" ? el("p", { class: "try-hint" }, `Write what a visitor would begin with, and see what ${name} makes of it. Articles are those of the help center.`) : null,
      first ? el("div", { class: "try-line user", dir: "auto" }, first) : null, ...lines.map((l, i) => line(l, i === lines.length - 1)), over ? el("p", { class: "try-over" }, "The conversation is over.") : null].filter(Boolean));
    input.disabled = over;
    input.placeholder = waits === "first" ? "Where is my parcel?" : "Answer as a visitor…";
    log.scrollTop = log.scrollHeight;
  }

  function line(l, last) {
    if (l.who === "user") return el("div", { class: "try-line user", dir: "auto" }, l.text);
    if (l.who === "deed") return el("p", { class: "try-deed" }, icon("bolt"), el("button", { type: "button", class: "text-button", onclick: () => onStep(l.step) }, l.step || "guard"), el("span", {}, l.text));
    return el("div", { class: "try-bot" }, el("div", { class: "try-line bot", dir: "auto" }, l.text),
      (l.articles || []).map((a) => el("div", { class: "try-article", dir: "auto" }, icon("file"), a.title)),
      last && (l.choices || []).length ? el("div", { class: "try-choices" }, l.choices.map((c) => el("button", { type: "button", class: "button small", dir: "auto", onclick: () => say(c) }, c))) : null,
      last && ["number", "date", "email", "attachment"].includes(l.kind) ? el("small", { class: "soft" }, { number: "Waits for a number", date: "Waits for a date, as 2026-12-31", email: "Waits for an email address", attachment: "Waits for a file" }[l.kind]) : null);
  }

  async function say(text) {
    const mine = ++run;
    if (first) says.push(text); else first = text;
    try {
      const { lines, waits } = await play({ first, says, language: language.value, outside: fails.checked ? "" : outside.value });
      if (mine === run) show(lines, waits);
    } catch (err) {
      if (mine !== run) return;
      log.append(el("p", { class: "try-over bad", role: "alert" }, errorText(err)));
      if (says.length) says.pop(); else first = "";
    }
    input.focus();
  }

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    say(text);
  });
  language.addEventListener("change", restart);
  restart();
  return { node, restart };
}
