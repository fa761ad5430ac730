// New mail reloads the page, unless something is being written.
"use strict";
const known = document.body.dataset.news;
setInterval(async () => {
  const writing = [...document.querySelectorAll("textarea, #subject")].some((field) => field.value);
  if (writing || document.hidden) return;
  try {
    const answer = await fetch("news");
    if (answer.ok && (await answer.text()) !== known) location.reload();
  } catch { /* the program is being started again */ }
}, 1500);
