// The screens of the FAQ: home with search, a section, an article.

function createHelp({ onWrite, onConversations }) {
  const heading = el("h3", { class: "help-title", tabindex: "-1" });
  const box = el("input", { type: "search", class: "field help-search", "aria-label": t("search_help"), placeholder: t("search_help"), autocomplete: "off", maxlength: "1000", enterkeyhint: "search" });
  const form = el("form", { class: "help-form", role: "search", novalidate: true }, icon("search"), box);
  const told = el("p", { class: "hidden-name", role: "status" });
  const content = el("div", { class: "help-content" });
  const foot = el("div", { class: "help-foot" });
  const scroller = el("div", { class: "help-scroller" }, heading, form, told, content);
  const node = el("div", { class: "help", hidden: true }, scroller, foot);
  const trail = []; // pages below the one that is shown: {kind, …, top}
  let page = { kind: "home" };
  let found = null; // answer to the search in the box
  let asked = "";
  let query = { text: "", id: "" }; // the last finished search
  let run = 0, soon = 0, later = 0;
  let shownSign = "";

  // ---- where one is

  function go(next) {
    trail.push({ ...page, top: scroller.scrollTop });
    page = next;
    shownSign = "";
    view.render();
    scroller.scrollTop = 0;
  }
  const root = () => node.getRootNode();

  // back says whether there was a page to go back to.
  function back() {
    if (!trail.length) return false;
    const left = page.id;
    const { top, ...was } = trail.pop();
    page = was;
    shownSign = "";
    render();
    scroller.scrollTop = top;
    if (page.kind === "elsewhere") { page = { kind: "home" }; return false; }
    const again = [...content.querySelectorAll("[data-article]")].find((n) => n.dataset.article === left);
    (again || (page.kind === "home" ? box : heading)).focus();
    return true;
  }

  function reset() {
    trail.length = 0;
    page = { kind: "home" };
    box.value = asked = "";
    found = null;
    shownSign = "";
  }

  // ---- search

  async function look(text, typing) {
    const mine = ++run;
    try {
      const answer = await findArticles(text, typing);
      if (!typing) query = { text, id: answer.search || "" };
      if (mine !== run) return;
      found = answer;
      asked = text;
      told.textContent = answer.hits.length ? t("articles_found", { n: countText(answer.hits.length) }) : t("no_article");
    } catch { /* what was found before stays */ }
    view.render();
  }

  // finished is the search's id. While somebody types there is none.
  async function finished(text) {
    if (!text) return "";
    if (query.text !== text) await look(text, false);
    return query.text === text ? query.id : "";
  }

  box.addEventListener("input", () => {
    clearTimeout(soon); clearTimeout(later);
    const text = box.value.trim();
    box.dir = box.value ? "auto" : ""; // an empty field follows the language of the chat
    if (!text) { run++; found = null; asked = told.textContent = ""; view.render(); return; }
    soon = setTimeout(() => look(text, true), 250);
    later = setTimeout(() => finished(text), 2000);
  });
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    clearTimeout(soon); clearTimeout(later);
    finished(box.value.trim());
  });

  // ---- articles

  function openArticle(id, title, search) {
    go({ kind: "article", id, title, article: null, search: "" });
    const mine = page;
    heading.focus();
    readArticle(mine, search);
  }

  async function readArticle(mine, search) {
    const id = encodeURIComponent(mine.id);
    mine.failed = false;
    const [article, q] = await Promise.all([api.call("GET", faqURL(`/articles/${id}`)).catch((err) => { mine.failed = err.status === 404 ? "gone" : "later"; }), search ? finished(search).catch(() => "") : ""]);
    if (article) {
      Object.assign(mine, { article, title: article.title, opinion: article.opinion || "", search: q });
      noteArticle(mine.id, "view", { search: q });
    }
    shownSign = "";
    view.render();
  }

  async function openSection(s) {
    go({ kind: "section", id: s.id, title: s.name, articles: s.articles, next: s.more });
    heading.focus();
    await moreOf(page);
  }

  async function moreOf(mine) {
    if (!mine.next) return;
    try {
      const answer = await api.call("GET", faqURL(`/sections/${encodeURIComponent(mine.id)}`, { after: mine.next }));
      mine.articles = [...mine.articles, ...answer.articles];
      mine.next = answer.next;
    } catch { /* there is a button to try again */ }
    shownSign = "";
    view.render();
  }

  // ---- what is shown

  function render() {
    const onHome = page.kind === "home";
    form.hidden = !onHome || !(faq.home && faq.home.search);
    heading.textContent = onHome ? t("help") : page.title || "";
    heading.setAttribute("dir", "auto");
    const sign = JSON.stringify([page.kind, page.id, page.failed, page.opinion, page.thanks, asked, found && found.hits.map((h) => h.id), found && found.search, language, !!faq.home, !!page.article, page.articles && page.articles.length]);
    if (sign !== shownSign) {
      shownSign = sign;
      const place = placeOfFocus();
      content.replaceChildren(...parts[page.kind]().filter(Boolean));
      if (place) returnFocus(place);
    }
    renderFoot();
  }

  // What is drawn anew keeps the focus where it was: on the same article, or else on what
  // stands at its place. A search may be answered while somebody is on its hits.
  const stops = () => [...content.querySelectorAll("button, textarea, a[href]")];
  function placeOfFocus() {
    const at = root().activeElement;
    return at && content.contains(at) ? { article: at.dataset.article, index: stops().indexOf(at) } : null;
  }
  function returnFocus({ article, index }) {
    const now = stops();
    (now.find((n) => article && n.dataset.article === article) || now[Math.min(index, now.length - 1)] || heading).focus({ preventScroll: true });
  }

  const articleButton = (a, search, ...inside) => el("button", { type: "button", class: "article-entry", "data-article": a.id, onclick: () => openArticle(a.id, a.title, search) }, ...inside);
  const articleList = (articles) => el("ul", { class: "article-list" }, articles.map((a) => el("li", {}, articleButton(a, "", el("span", { dir: "auto" }, a.title), icon("forth")))));

  const parts = {
    elsewhere: () => [],
    home() {
      if (found && asked) {
        if (!found.hits.length) return [el("p", { class: "help-none" }, t("no_article"))];
        return [el("ul", { class: "article-list found", "aria-label": t("help") }, found.hits.map((h) => el("li", {}, articleButton(h, asked,
          el("span", { class: "found-text" }, el("span", { class: "found-title", dir: "auto" }, markedParts(h.marked)),
            h.snippets && h.snippets[0] ? el("span", { class: "found-snippet", dir: "auto" }, markedParts(h.snippets[0])) : null)))))];
      }
      return ((faq.home && faq.home.sections) || []).map((s) => el("section", { class: "shelf" }, el("h4", { dir: "auto" }, s.name), articleList(s.articles),
        s.more ? el("button", { type: "button", class: "text-button", onclick: () => openSection(s) }, t("all_articles", { name: s.name })) : null));
    },
    section: () => [articleList(page.articles),
      page.next ? el("button", { type: "button", class: "text-button", onclick: () => moreOf(page) }, t("more")) : null],
    article() {
      const mine = page;
      if (mine.failed) {
        return [el("p", { class: "help-none", role: "alert" }, t(mine.failed === "gone" ? "article_gone" : "article_failed")),
          mine.failed === "gone" ? null : el("button", { type: "button", class: "choice", onclick: () => readArticle(mine, "") }, t("retry"))];
      }
      if (!mine.article) return [el("p", { class: "help-none" }, t("loading"))];
      return [mine.bodyNode ||= articleBody(mine.article), voteCard(mine)];
    },
  };

  // ---- did it help?

  function voteCard(mine) {
    const say = async (helpful, comment) => {
      mine.opinion = helpful ? "yes" : "no";
      mine.thanks = helpful || comment !== undefined;
      view.render();
      const kept = await noteArticle(mine.id, "vote", { helpful, comment: comment || "", search: mine.search });
      if (!kept) { mine.opinion = ""; mine.thanks = false; view.render(); }
      else if (!helpful && comment === undefined) node.querySelector(".vote textarea")?.focus();
    };
    const answer = (helpful, text) => el("button", { type: "button", class: `choice${mine.opinion === (helpful ? "yes" : "no") ? " chosen" : ""}`,
      "aria-pressed": String(mine.opinion === (helpful ? "yes" : "no")), onclick: () => say(helpful) }, text);
    const card = el("section", { class: "vote settle-card", role: "group", "aria-label": t("helped") }, el("p", {}, t("helped")),
      el("div", { class: "settle-buttons" }, answer(true, t("yes")), answer(false, t("no"))));
    if (mine.thanks) card.append(el("p", { class: "vote-thanks", role: "status" }, t("helped_thanks")));
    else if (mine.opinion === "no") {
      const text = el("textarea", { class: "field", rows: "2", maxlength: "1000", "aria-label": t("helped_missing"), placeholder: t("helped_missing"), dir: "auto" });
      card.append(text, el("button", { type: "button", class: "choice", onclick: () => { if (text.value.trim()) say(false, text.value.trim()); } }, t("send")));
    }
    return card;
  }

  // ---- writing to the desk

  function renderFoot() {
    const open = conversationsSorted().some((c) => c.status === "open");
    const sign = JSON.stringify([language, open, state.conversations.size, unreadCount(), state.config && state.config.contact]);
    if (foot.dataset.sign === sign) return;
    foot.dataset.sign = sign;
    const out = [];
    const focused = root().activeElement && foot.contains(root().activeElement);
    if (state.conversations.size) {
      const n = unreadCount();
      out.push(el("button", { type: "button", class: "choice", onclick: onConversations }, t("conversations"), n ? el("span", { class: "badge", "aria-label": t("unread", { n }) }, countText(n)) : null));
    }
    if (mayWrite()) { if (!open || (state.config && state.config.multiple)) out.push(el("button", { type: "button", class: "primary write-us", onclick: onWrite }, t("write_us"))); }
    else if (!open) out.push(closedText());
    foot.replaceChildren(...out);
    if (focused) foot.querySelector("button")?.focus();
    foot.hidden = !out.length || !foot.textContent;
  }

  return {
    node, render, back, reset,
    // offer opens an article that was offered elsewhere: back leads there.
    offer(id, title, text) { reset(); page = { kind: "elsewhere" }; openArticle(id, title, text); },
    get deep() { return trail.length > 0; },
    focus: () => (page.kind === "home" && !form.hidden && !matchMedia("(max-width: 479.98px)").matches ? box : heading).focus(),
  };
}

// closedText says by which rule a conversation can't begin yet.
function closedText() {
  const contact = state.config && state.config.contact;
  return el("p", { class: "closed" }, contact === "after_faqs" ? t("contact_after_faqs") : contact === "after_unhelpful" ? t("contact_after_unhelpful") : "");
}

// createOffers shows, over the composer of a first message, articles that may answer it.
function createOffers(onOpen) {
  const list = el("ul", {});
  const told = el("p", { class: "hidden-name", role: "status" });
  const node = el("section", { class: "offers", "aria-label": t("offers"), hidden: true }, told, el("h4", { "aria-hidden": "true" }, t("offers")), list);
  let timer = 0, run = 0, wanted = "";

  async function look(text) {
    const mine = ++run;
    const answer = await findArticles(text.slice(0, 1000), true).catch(() => null);
    if (mine !== run || !answer) return;
    const hits = answer.hits.filter((h) => h.confidence >= OFFER).slice(0, 3);
    node.hidden = !hits.length;
    if (list.dataset.sign === hits.map((h) => h.id).join()) return;
    list.dataset.sign = hits.map((h) => h.id).join();
    told.textContent = hits.length ? t("articles_found", { n: countText(hits.length) }) : "";
    list.replaceChildren(...hits.map((h) => el("li", {}, el("button", { type: "button", class: "article-entry", onclick: () => onOpen(h.id, h.title, wanted) }, el("span", { dir: "auto" }, h.title), icon("forth")))));
  }

  return {
    node,
    // typed hears what is being written; "" where nothing is to be offered.
    typed(text) {
      text = text.trim();
      if (text === wanted) return;
      wanted = text;
      clearTimeout(timer);
      if ([...text].length < 3 || !(faq.home && faq.home.search && hasFAQ())) { run++; node.hidden = true; return; }
      timer = setTimeout(() => look(text), 250);
    },
  };
}
