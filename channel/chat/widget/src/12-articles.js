// What the widget knows of the FAQ, and articles' bodies.

const faq = { home: null, loading: null, failed: false, language: "" };

// Below this confidence an article isn't offered unasked.
const OFFER = 0.3;

const faqURL = (path, query = {}) => {
  const all = new URLSearchParams({ ...query, language });
  return `/faq${path}?${all}`;
};

// putContact hears from each answer whether a conversation may begin now.
function putContact(contact) {
  if (!contact || !state.config || state.config.contact === contact) return;
  state.config.contact = contact;
  storage.set(storeKey("config"), JSON.stringify(state.config));
  bus.emit("contact", contact);
  changed();
}

const mayWrite = () => !state.config || !state.config.contact || state.config.contact === "open";

// hasFAQ is known once the first page of it was read.
const hasFAQ = () => !!(faq.home && faq.home.sections.length);

// loadHome reads the first page, once for each language.
function loadHome() {
  if (faq.home && faq.language === language) return Promise.resolve(faq.home);
  if (faq.loading || !api.token) return faq.loading || Promise.resolve(null);
  const asked = language;
  faq.loading = (async () => {
    const home = await api.call("GET", faqURL(""));
    for (let pages = 0; home.next && pages < 5; pages++) {
      const more = await api.call("GET", faqURL("", { after: home.next }));
      home.sections.push(...more.sections);
      home.next = more.next;
    }
    Object.assign(faq, { home, language: asked, failed: false });
    putContact(home.contact);
    return home;
  })().catch((err) => { faq.failed = true; if (!err.permanent) throw err; return null; })
    .finally(() => { faq.loading = null; changed(); });
  return faq.loading;
}
bus.on("forgotten", () => { faq.home = null; });

async function findArticles(text, typing) {
  const answer = await api.call("GET", faqURL("/search", typing ? { q: text, typing: "1" } : { q: text }));
  putContact(answer.contact);
  return answer;
}

// What is noted must not keep anybody from reading: it may fail.
function noteArticle(id, what, body) {
  return api.call("POST", `/faq/articles/${encodeURIComponent(id)}/${what}?language=${encodeURIComponent(language)}`, body)
    .then((answer) => { putContact(answer.contact); return true; })
    .catch(() => false);
}

const markedParts = (parts) => (parts || []).map((p) => (p.hit ? el("mark", {}, p.text) : p.text));

// ---- bodies

// The desk sends harmless HTML. It is copied all the same, element by element, from a
// document in which nothing runs: what isn't named here doesn't come over.
const bodyElements = new Set(("a p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre code kbd samp var em strong b i u s del ins sub sup small mark " +
  "table thead tbody tfoot tr th td caption img figure figcaption div span abbr cite q").split(" "));
const bodyAttributes = { a: ["href", "title"], img: ["alt", "title", "width", "height"], ol: ["start", "type"], li: ["value"], th: ["colspan", "rowspan", "align", "scope"], td: ["colspan", "rowspan", "align"] };

function parseBody(html) {
  const policy = window.trustedTypes && (parseBody.policy ||= window.trustedTypes.createPolicy("frontdesk", { createHTML: (text) => text }));
  return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html").body;
}

function copyInto(to, from) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) { to.append(node.data); continue; }
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    const name = node.localName;
    if (["script", "style", "template", "iframe", "object", "svg", "math", "noscript"].includes(name)) continue;
    if (!bodyElements.has(name)) { copyInto(to, node); continue; }
    const made = copyElement(name, node);
    if (!made) continue;
    to.append(made);
    copyInto(made, node);
  }
}

function copyElement(name, node) {
  const made = document.createElement(name);
  for (const key of bodyAttributes[name] || []) {
    if (node.hasAttribute(key)) made.setAttribute(key, node.getAttribute(key));
  }
  if (/^faq-[\w-]+$/.test(node.id)) made.id = node.id;
  if (name === "a") {
    const href = node.getAttribute("href") || "";
    if (/^#/.test(href)) return made;
    if (!/^(https?:|mailto:|tel:)/i.test(href.trim())) { made.removeAttribute("href"); return made; }
    made.setAttribute("target", "_blank");
    made.setAttribute("rel", "noopener noreferrer nofollow");
  }
  if (name === "img") {
    let url;
    try { url = new URL(node.getAttribute("src") || "", `${base}/`); } catch { return null; }
    if (url.protocol !== "https:" && url.origin !== new URL(base, location.href).origin) return null;
    made.setAttribute("referrerpolicy", "no-referrer");
    made.setAttribute("loading", "lazy");
    made.setAttribute("src", url.href);
  }
  return made;
}

// articleBody is a body in a tree of its own, which the styles of neither page reach.
function articleBody(article) {
  const host = el("div", { class: "article-body", lang: article.language, dir: "auto" });
  const root = host.attachShadow({ mode: "open" });
  addStyles(root, BODY_CSS);
  const inside = el("div", { class: "body", dir: rtlLanguages.test(article.language) ? "rtl" : "ltr" });
  root.append(inside);
  if (article.html) copyInto(inside, parseBody(article.html));
  else inside.append(el("div", { class: "plain" }, linked(article.text || "")));
  inside.addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest("a[href^='#']");
    if (!link) return;
    e.preventDefault();
    const to = [...inside.querySelectorAll("[id]")].find((n) => `#${n.id}` === link.getAttribute("href"));
    if (!to) return;
    to.tabIndex = -1;
    to.scrollIntoView({ block: "start" });
    to.focus({ preventScroll: true });
  });
  return host;
}

const BODY_CSS = `
:host { display: block; }
.body { overflow-wrap: anywhere; }
.plain { white-space: pre-wrap; }
.body > :first-child { margin-top: 0; } .body > :last-child { margin-bottom: 0; }
p, ul, ol, dl, pre, blockquote, table, figure { margin: 0 0 12px; }
h1, h2, h3, h4, h5, h6 { margin: 20px 0 8px; line-height: 1.3; font-weight: 650; scroll-margin-top: 8px; outline: none; }
h1, h2 { font-size: 17px; } h3 { font-size: 16px; } h4, h5, h6 { font-size: 15px; }
ul, ol { padding-inline-start: 22px; } li { margin: 3px 0; } dd { margin-inline-start: 18px; }
a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
img { max-width: 100%; height: auto; border-radius: 10px; }
pre, code, kbd, samp { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code, kbd, samp { background: var(--bubble); border-radius: 5px; padding: 1px 5px; }
pre { background: var(--bubble); border-radius: 10px; padding: 10px 12px; overflow-x: auto; } pre code { padding: 0; background: none; }
blockquote { margin-inline: 0; padding-inline-start: 12px; border-inline-start: 3px solid var(--line); color: var(--soft); }
table { display: block; overflow-x: auto; border-collapse: collapse; max-width: 100%; } th, td { border: 1px solid var(--line); padding: 5px 9px; text-align: start; vertical-align: top; }
mark { background: var(--warn-bg); color: var(--warn); }
hr { border: 0; border-top: 1px solid var(--line); margin: 16px 0; }
`;
