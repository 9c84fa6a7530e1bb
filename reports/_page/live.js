// A page that is built again while a search runs shows itself anew, unless the reader pauses it or is busy with it.
// What was searched for, filtered, sorted and opened outlasts that.
"use strict";
(() => {
  const KEY = `live ${location.pathname}`;
  const QUIET = 5000; // ms since the reader did something
  const seconds = Number(document.currentScript.dataset.seconds);

  // Some browsers refuse to keep anything for a page that is a file.
  const kept = (() => {
    try { return JSON.parse(sessionStorage.getItem(KEY)) ?? {}; } catch { return {}; }
  })();
  const keep = (state) => {
    try { sessionStorage.setItem(KEY, JSON.stringify(state)); } catch { /* then it begins anew each time */ }
  };

  const wording = (label) => [...label.childNodes].find((node) => node.nodeName === "#text").data;
  const chosen = (field) => {
    if (field.type === "checkbox") return field.checked;
    return field.options ? field.options[field.selectedIndex].text : field.value;
  };
  const choose = (field, wish) => {
    if (field.type === "checkbox") field.checked = wish;
    else if (field.options) field.value = [...field.options].find(({ text }) => text === wish)?.value ?? "";
    else field.value = wish;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const boards = [...document.querySelectorAll(".board")].map((board) => {
    const labels = [...board.querySelectorAll(".tools label, fieldset label")];
    // A column to choose is called as what it is filtered by.
    const named = (label) => `${label.closest("fieldset")?.name ?? ""} ${wording(label)}`;
    const fields = new Map(labels.map((label) => [named(label), label.querySelector("input, select")]));
    const more = board.querySelector(":scope > button");
    const lines = () => board.querySelectorAll("tbody tr").length;
    const box = board.querySelector(".scroll");
    return {
      name: board.closest("section.group").id,
      state: () => {
        const head = board.querySelector("th[aria-sort]");
        const sorted = [head.textContent, head.getAttribute("aria-sort")];
        const wishes = [...fields].map(([name, field]) => [name, chosen(field)]);
        return { sorted, wishes, lines: lines(), at: [box.scrollLeft, box.scrollTop] };
      },
      restore: ({ sorted: [name, way], wishes, lines: many }) => {
        const changed = wishes.filter(([own, wish]) => fields.has(own) && chosen(fields.get(own)) !== wish);
        changed.forEach(([own, wish]) => choose(fields.get(own), wish));
        const head = [...board.querySelectorAll("th[data-sort]")].find((each) => each.textContent === name);
        // One click sorts upwards, the next one downwards.
        for (let click = 0; head && head.getAttribute("aria-sort") !== way && click < 2; click++) {
          head.querySelector("button").click();
        }
        while (lines() < many && !more.hidden) more.click();
      },
      scroll: ({ at: [left, top] }) => box.scrollTo(left, top),
    };
  });
  const known = boards.filter(({ name }) => kept.boards?.[name]);
  known.forEach((board) => board.restore(kept.boards[board.name]));
  const called = (details) => `${details.closest("section")?.id} ${details.querySelector("summary").textContent}`;
  for (const details of document.querySelectorAll("details")) {
    if (kept.open?.includes(called(details))) details.open = true;
  }
  // Rows fill when their opening has been told.
  setTimeout(() => known.forEach((board) => board.scroll(kept.boards[board.name])), 100);

  const pause = Object.assign(document.createElement("input"), { type: "checkbox", checked: Boolean(kept.paused) });
  const label = document.createElement("label");
  const told = document.createElement("span");
  const bar = Object.assign(document.createElement("div"), { className: "live", role: "region", ariaLabel: "Live" });
  label.append(pause, "Pause");
  bar.append(label, told);
  document.body.append(bar);
  if (kept.focused) pause.focus({ preventScroll: true });

  addEventListener("pagehide", () => keep({
    paused: pause.checked,
    focused: document.activeElement === pause,
    boards: Object.fromEntries(boards.map(({ name, state }) => [name, state()])),
    open: [...document.querySelectorAll("details[open]")].map(called),
  }));

  let last = -QUIET;
  for (const deed of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"]) {
    addEventListener(deed, () => { last = performance.now(); }, { capture: true, passive: true });
  }
  const busy = () => {
    const focus = document.querySelector(":focus-visible");
    return performance.now() - last < QUIET || (focus !== null && focus !== pause);
  };
  const say = (every) => {
    const text = pause.checked ? "The search goes on." : `Shows what is new every ${every} s, not while you use it.`;
    if (told.textContent !== text) told.textContent = text;
  };

  addEventListener("load", () => {
    // A page must not load all the time: ten times what it took at least.
    const every = Math.ceil(Math.max(seconds, performance.now() / 100));
    const due = performance.now() + 1000 * every;
    const look = () => {
      say(every);
      if (!pause.checked && !document.hidden && performance.now() > due && !busy()) location.reload();
    };
    pause.addEventListener("change", look);
    setInterval(look, 500);
    look();
  });
})();
