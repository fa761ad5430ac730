// How the newest message can be answered: buttons, an input, a file. Whatever is given is
// written as a message; who wants to say something else writes that.

const hasInput = (form) => !!form && ["number", "date", "email"].includes(form.kind);
const wantsFile = (form) => !!form && form.kind === "attachment" && !(state.config && state.config.attachments && state.config.attachments.off);
const isAsked = (msg) => msg.author.kind !== "end_user" && (!!(msg.choices || []).length || hasInput(msg.form) || wantsFile(msg.form));

function answerItem(msg, answering) {
  return {
    key: `c${msg.seq}`, sign: JSON.stringify([language, msg.choices, msg.form, wantsFile(msg.form)]),
    make: () => el("div", { class: "answers" }, hasInput(msg.form) ? answerForm(msg, answering) : null,
      wantsFile(msg.form) || (msg.choices || []).length ? answerButtons(msg, answering) : null),
  };
}

function answerButtons(msg, { pick, chooseFile }) {
  const skip = msg.form && msg.form.skip;
  return el("div", { class: "choices", role: "group", "aria-label": t("choices") },
    wantsFile(msg.form) ? el("button", { type: "button", class: "choice", onclick: chooseFile }, icon("clip"), t("choose_file")) : null,
    (msg.choices || []).map((c) => el("button", { type: "button", class: `choice${c === skip ? " skip" : ""}`, dir: "auto", onclick: () => pick(c) }, c)));
}

// boundText writes a bound as people read it. A date is one of no time zone.
function boundText(kind, bound) {
  if (kind === "number") return new Intl.NumberFormat(language, { maximumFractionDigits: 20 }).format(Number(bound));
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${bound}T00:00:00Z`));
}

function rangeText({ kind, min, max }) {
  const values = { min: min && boundText(kind, min), max: max && boundText(kind, max) };
  return min && max ? t("from_to", values) : min ? t("from", values) : max ? t("up_to", values) : "";
}

const inputProps = {
  number: { type: "number", inputmode: "decimal", step: "any" },
  date: { type: "date" },
  email: { type: "email", inputmode: "email", autocomplete: "email", maxlength: "254" },
};

function answerForm(msg, { pick }) {
  const { kind, min, max } = msg.form;
  const range = rangeText(msg.form);
  const asked = String(msg.form.lead || msg.text).slice(0, 300);
  const id = `fd-answer-${msg.seq}`;
  const input = el("input", { ...inputProps[kind], id, class: "field", min: min || null, max: max || null, "aria-label": asked || t("your_answer"), "aria-describedby": `${id}-note`, "data-kind": kind });
  const note = el("div", { class: "answer-note", id: `${id}-note` }, range);
  const form = el("form", { class: "answer", novalidate: true },
    el("div", { class: "answer-row" }, input, el("button", { type: "submit", class: "send", "aria-label": t("send"), title: t("send") }, icon("send"))), note);

  // wrong says what there is to mend, "" if nothing.
  function wrong() {
    const { badInput, valueMissing, rangeUnderflow, rangeOverflow, typeMismatch } = input.validity;
    if (badInput || valueMissing || !input.value.trim()) return kind === "number" ? t("bad_number") : kind === "date" ? t("bad_date") : t("bad_email");
    if (rangeUnderflow || rangeOverflow) return range;
    return kind === "email" && (typeMismatch || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(input.value.trim())) ? t("bad_email") : "";
  }
  function say(problem) {
    note.textContent = problem || range;
    note.classList.toggle("bad", !!problem);
    if (problem) note.setAttribute("role", "alert"); else note.removeAttribute("role");
    input.setAttribute("aria-invalid", String(!!problem));
  }
  input.addEventListener("input", () => say(""));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const problem = wrong();
    say(problem);
    if (problem) input.focus(); else pick(input.value.trim());
  });
  return form;
}

// The articles that a message shows: each opens in the chat, and going back leads here.
function cardList(cards) {
  return el("ul", { class: "cards", "aria-label": t("offers") }, cards.map((a) => el("li", {},
    el("button", { type: "button", class: "article-entry", "data-article": a.id, onclick: (e) => view.offer(a.id, a.title, "", e.currentTarget) },
      el("span", { class: "found-text" }, el("span", { class: "found-title", dir: "auto" }, a.title),
        a.snippet ? el("span", { class: "found-snippet", dir: "auto" }, a.snippet) : null), icon("forth")))));
}
