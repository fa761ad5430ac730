// Business hours: whether the desk is open, and when it is again. The desk names the
// next openings and closings, so that a timer is all it takes.

let hours = null;
let hoursTimer = 0;

function putHours(form) {
  hours = form && form.now ? {
    open: !!form.open, changes: (form.changes || []).map((at) => Date.parse(at)), ahead: Date.parse(form.now) - Date.now(),
  } : null;
  awaitHours();
}

// deskTime is the desk's clock: this device's may be wrong.
const deskTime = () => Date.now() + (hours ? hours.ahead : 0);

function deskHours() {
  if (!hours) return { open: true, next: 0 };
  const passed = hours.changes.filter((at) => at <= deskTime()).length;
  return { open: hours.open === (passed % 2 === 0), next: hours.changes[passed] || 0 };
}

function awaitHours() {
  clearTimeout(hoursTimer);
  const { next } = deskHours();
  if (!next) return;
  const wait = Math.min(next - deskTime() + 20, 2 ** 31 - 1); // a longer one would end at once
  hoursTimer = setTimeout(() => { changed(); awaitHours(); }, Math.max(wait, 0));
}

// whenText names a moment to come, in the visitor's time zone.
function whenText(at, now) {
  const time = { hour: "numeric", minute: "2-digit" };
  if (dayKey(at) === dayKey(now)) return timeText(at);
  if (at - now < 6 * 86400000) return new Intl.DateTimeFormat(language, { weekday: "long", ...time }).format(at);
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", ...year, ...time }).format(at);
}

// createAway is the notice outside of business hours.
function createAway() {
  const node = el("div", { class: "away", role: "status", hidden: true });
  // wanted: where somebody writes, or may. Among the articles it would be in the way.
  function render(wanted) {
    const { open, next } = deskHours();
    node.hidden = open || !wanted;
    const notice = (state.config && state.config.away_notice) || t("away");
    const sign = open ? "" : JSON.stringify([notice, next, language, next && dayKey(deskTime())]);
    if (node.dataset.sign === sign) return;
    node.dataset.sign = sign;
    node.replaceChildren(...(open ? [] : [
      el("p", { class: "away-text", dir: "auto" }, linked(notice)),
      next ? el("p", { class: "away-opens" }, icon("clock"), t("opens", { time: whenText(next, deskTime()) })) : "",
    ]));
  }
  return { node, render };
}

// lineText says where an end user is in the queue, as far as the desk knows.
function lineText(estimate) {
  if (!estimate || !estimate.position) return "";
  const n = countText(estimate.position) + (estimate.at_least ? "+" : "");
  return estimate.wait_seconds ? t("line_wait", { n, time: durationText(estimate.wait_seconds) }) : t("line", { n });
}
