// What is asked at the end of a conversation that was resolved: whether it is, and
// for a rating. An answer is written to localStorage before it is sent, as a
// message is; the outbox sends it, before what was written after it.

const answers = {
  prefix: () => storeKey("answer:"),
  of: (conversation) => storage.json(answers.prefix() + conversation),
  first: () => storage.keys(answers.prefix()).map((key) => storage.json(key)).find((a) => a && a.conversation) || null,

  add(conversation, kind, body) {
    storage.set(this.prefix() + conversation, JSON.stringify({ conversation, kind, body, id: uuid() }));
    changed();
    outbox.run();
  },

  forget(conversation) {
    if (this.of(conversation)) storage.remove(this.prefix() + conversation);
  },

  // The answer may have been changed while it was under way.
  remove(answer) {
    const now = this.of(answer.conversation);
    if (now && now.id === answer.id) storage.remove(this.prefix() + answer.conversation);
    changed();
  },

  async deliver(answer) {
    const conv = await api.call("POST", `/conversations/${encodeURIComponent(answer.conversation)}/${answer.kind}`, answer.body);
    if (!conv.outdated) putConversation(conv);
    this.remove(answer);
  },

  // What can't be answered any more goes away without a word; the list tells how
  // the conversation stands.
  refuse(answer) {
    this.remove(answer);
    loadConversations().catch(() => {});
  },
};

// Another tab wrote or removed an answer.
window.addEventListener("storage", (e) => {
  if (e.key && e.key.startsWith(answers.prefix())) changed();
});

const scores = [1, 2, 3, 4, 5];
const scoreText = (n) => t(`score_${n}`);

// What a conversation has at its end: "", asked, missing, accepted, survey or rated.
function stageOf(conv, changing) {
  if (conv.status === "open") return "";
  const waiting = answers.of(conv.id);
  if (waiting && waiting.kind === "solved") return waiting.body.solved ? "accepted" : "missing";
  if (waiting) return "rated";
  const asked = conv.resolved;
  if (!asked) return "";
  if (asked.question) return asked.question === "asked" ? "asked" : "missing";
  if (!asked.survey || Date.parse(asked.survey.until) < Date.now()) return "";
  return asked.survey.score && !changing ? "rated" : "survey";
}

function createSettle({ onMissing, onGone }) {
  const node = el("div", { class: "settle", "aria-live": "polite" });
  let changing = ""; // the conversation whose rating is being changed
  let thanked = ""; // the one that was just called solved

  function render(conv) {
    let stage = conv ? stageOf(conv, changing === conv.id) : "";
    if (conv && conv.status === "open") thanked = changing = "";
    if (!stage && conv && thanked === conv.id) stage = "accepted";
    const waiting = conv ? answers.of(conv.id) : null;
    const rating = stage === "rated" ? (waiting || {}).body || conv.resolved.survey : null;
    const sign = stage ? JSON.stringify([stage, conv.id, language, rating, !!waiting]) : "";
    if ((node.dataset.sign || "") === sign) return;
    const held = node.contains(node.getRootNode().activeElement);
    node.dataset.sign = sign;
    node.classList.toggle("fresh", !node.firstChild);
    node.replaceChildren(...(stage ? [cards[stage](conv, rating, waiting)] : []));
    if (!held) return;
    if (stage) (node.querySelector("input") || node.firstChild).focus(); else onGone();
  }

  const card = (...children) => el("section", { class: "settle-card", tabindex: "-1" }, ...children);
  const pending = (waiting) => (waiting ? el("span", { class: "meta" }, icon("clock"), t("sending")) : null);

  function solved(conv, yes) {
    if (yes) thanked = conv.id;
    answers.add(conv.id, "solved", { solved: yes });
    if (!yes) { render(conv); onMissing(); }
  }

  const cards = {
    asked: (conv) => card(el("p", { id: "fd-solved" }, t("solved")),
      el("div", { class: "settle-buttons", role: "group", "aria-labelledby": "fd-solved" },
        el("button", { type: "button", class: "choice", onclick: () => solved(conv, true) }, icon("check"), t("yes")),
        el("button", { type: "button", class: "choice", onclick: () => solved(conv, false) }, icon("close"), t("no")))),
    missing: (conv, _, waiting) => card(el("p", {}, t("missing")), pending(waiting)),
    accepted: (conv, _, waiting) => card(el("p", {}, t("solved_thanks")), pending(waiting)),
    survey: surveyCard,
    rated: (conv, rating, waiting) => card(el("p", {}, t("rated")),
      el("p", { class: "rated" },
        el("span", { class: "stars shown", role: "img", "aria-label": t("your_rating", { score: scoreText(rating.score) }) },
          scores.map((n) => el("span", { class: `star${n <= rating.score ? " on" : ""}` }, icon("star")))),
        waiting ? pending(waiting) : el("button", { type: "button", class: "text-button", onclick: () => { changing = conv.id; render(conv); } }, t("change"))),
      rating.comment ? el("p", { class: "rated-comment", dir: "auto" }, rating.comment) : null),
  };

  function surveyCard(conv) {
    const before = conv.resolved.survey;
    const word = el("span", { class: "score-word", "aria-hidden": "true" });
    const comment = el("textarea", { class: "field", rows: "2", dir: "auto", maxlength: "5000", "aria-label": t("comment"), placeholder: t("comment") });
    comment.value = before.comment || "";
    const rest = el("div", { class: "survey-rest" }, comment, el("button", { type: "submit", class: "primary" }, t("send_rating")));
    const radios = scores.map((n) => el("input", { type: "radio", name: "fd-score", value: String(n), "aria-label": `${scoreText(n)} (${countText(n)}/${countText(5)})`, onchange: chosen }));
    const form = el("form", { class: "survey", novalidate: true },
      el("fieldset", {}, el("legend", {}, t("rate")),
        el("div", { class: "stars" }, radios.map((radio) => el("label", { class: "star", title: scoreText(radio.value) }, radio, icon("star"))))),
      word, rest);
    const score = () => radios.findIndex((r) => r.checked) + 1;
    function chosen() {
      rest.hidden = !score();
      word.textContent = score() ? scoreText(score()) : "";
    }
    if (before.score) radios[before.score - 1].checked = true;
    chosen();
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (!score()) return;
      changing = "";
      answers.add(conv.id, "rating", { score: score(), comment: comment.value.trim() });
      render(conv);
    });
    return card(form);
  }

  return { node, render, missing: (conv) => !!conv && stageOf(conv) === "missing" };
}
