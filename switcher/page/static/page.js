// Counts down to the next slots, and says when what is shown is no longer how things stand.
"use strict";
(function () {
  const SILENCE = 20000; // ms; something comes every 10 s, whether there is news or not
  const live = document.getElementById("live");
  const link = document.getElementById("link");
  document.getElementById("still").remove();
  let heard = Date.now(), ahead = 0, lost = false;

  function hear() {
    const asof = document.getElementById("asof");
    if (asof) ahead = Date.now() - Number(asof.dataset.now) * 1000;
    heard = Date.now();
    lost = false;
    tell("");
    const verdict = document.querySelector(".verdict");
    const hosts = Array.from(document.querySelectorAll(".onair .host"), function (host) { return host.textContent; });
    if (verdict) document.title = verdict.textContent.trim() + " · " + (hosts.join(", ") || "nobody") + " on air · Understudy";
  }

  function tell(text) {
    if (link.textContent !== text) link.textContent = text;
    document.body.classList.toggle("stale", text !== "");
  }

  function tick() {
    const now = Date.now();
    if (live.hasAttribute("sse-connect") && (lost || now - heard > SILENCE)) {
      const asof = document.getElementById("asof");
      const since = asof ? " What you see is how things stood at " + asof.textContent + "." : "";
      tell("The connection to the switcher is lost." + since +
        " Trying again; if this stays, load the page anew to see whether you are still signed in.");
    }
    for (const slot of document.querySelectorAll("[data-slot]")) {
      const left = Math.round(Number(slot.dataset.slot) - (now - ahead) / 1000);
      slot.textContent = left > 0 ? "in " + left + " s" : left > -3 ? "now" : "due";
    }
  }

  document.body.addEventListener("htmx:sseMessage", hear);
  document.body.addEventListener("htmx:sseError", function () { lost = true; tick(); });
  document.addEventListener("visibilitychange", tick);
  hear();
  tick();
  setInterval(tick, 1000);
})();
