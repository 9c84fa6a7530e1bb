// Draws the plots in the colours of the style sheet, again when the reader's theme changes, and light for print; lets
// the reader sort, search and filter the leaderboards, which are tables of their own without it.
"use strict";
(() => {
  const config = {
    showSendToCloud: false,
    displaylogo: false,
    responsive: true,
    // Without a mouse the buttons would cover the legend for good.
    displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    const update = { "font.color": of("--ink"), "font.family": of("--font") };
    update["modebar.bgcolor"] = "rgba(0,0,0,0)";
    update["modebar.color"] = of("--soft");
    update["modebar.activecolor"] = of("--accent");
    update["hoverlabel.bgcolor"] = of("--panel");
    update["hoverlabel.bordercolor"] = of("--line");
    update["hoverlabel.font.color"] = of("--ink");
    for (const axis of ["xaxis", "yaxis"]) {
      update[`${axis}.gridcolor`] = of("--grid");
      update[`${axis}.linecolor`] = update[`${axis}.tickcolor`] = of("--line");
    }
    return update;
  };

  const place = (target, path, value) => {
    const keys = path.split(".");
    const last = keys.pop();
    for (const key of keys) target = target[key] ??= {};
    target[last] = value;
  };

  const plots = [];
  const draw = (div) => {
    const source = waiting.get(div);
    if (!source) return;
    waiting.delete(div);
    const { data, layout } = JSON.parse(source.textContent);
    for (const [path, value] of Object.entries(colours())) place(layout, path, value);
    Plotly.newPlot(div, data, layout, config);
    plots.push(div);
  };

  // Dozens of plots take seconds to draw: those near the reader come first, the others when there is nothing to do.
  const waiting = new Map([...document.querySelectorAll("script[data-plot]")].map(
    (source) => [document.getElementById(source.dataset.plot), source]
  ));
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { near.unobserve(target); draw(target); }
  }, { rootMargin: "100% 0px" });
  [...waiting.keys()].forEach((div) => near.observe(div));
  const soon = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  const rest = () => {
    const [div] = waiting.keys();
    if (div) { draw(div); soon(rest); }
  };
  soon(rest);

  const recolour = () => plots.forEach((div) => Plotly.relayout(div, colours()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  // On paper nothing can be opened, and the day is not known from elsewhere.
  const opened = [];
  addEventListener("beforeprint", () => {
    document.querySelectorAll("section > details:not([open])").forEach((part) => { part.open = true; opened.push(part); });
    document.querySelectorAll(".printed-on").forEach((place) => {
      place.textContent = `Printed ${new Date().toISOString().slice(0, 10)}. `;
    });
  });
  addEventListener("afterprint", () => { opened.splice(0).forEach((part) => { part.open = false; }); });
  // A printer does not wait: what is put off until later, as Plotly.Plots.resize does, comes after the paper.
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) [...waiting.keys()].forEach(draw);
    const size = (div) => (matches ? { width: div.clientWidth, autosize: false } : { width: null, autosize: true });
    plots.map((div) => [div, size(div)]).forEach(([div, own]) => Plotly.relayout(div, { ...colours(), ...own }));
  });
})();

(() => {
  const STEP = 200; // rows that are shown at first, and more with each wish: a browser lays out thousands slowly
  const MISSING = "–";

  // A parameter's name or value must not turn round the text that it stands in.
  const visible = (given) => given.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // The number that a cell begins with; thousands are set apart by commas, a minus sign is no hyphen.
  const number = (shown) => parseFloat(shown.replaceAll(",", "").replace("−", "-"));

  const enhance = (board) => {
    const table = board.querySelector("table");
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const packed = JSON.parse(board.querySelector("script.packed").textContent);
    const rows = [...body.rows].map((line, place) => ({
      line,
      place,
      cells: [...line.cells].map((cell) => cell.textContent.trim()),
      text: line.textContent.toLowerCase(),
    }));
    // Without this script they would open to nothing.
    for (const cell of body.querySelectorAll("[data-of]")) {
      const of = make("span", { className: "unseen" }, ` of ${cell.dataset.of}`);
      cell.replaceWith(make("details", {}, make("summary", {}, ...cell.childNodes, of)));
    }
    // What is searched for may be a parameter's value: `activation gelu`.
    const parameters = (row) =>
      packed.keys.flatMap((key, column) => {
        const value = packed.values[column][packed.rows[column][row.place]];
        return value === undefined ? [] : [[key, value]];
      });
    // What a row is, within sight: the parameters that have an effect, rounded, and the command that trains it again.
    const rounded = (value) => (/^-?\d*\.?\d+(e-?\d+)?$/i.test(value) ? String(Number(Number(value).toPrecision(3))) : value);
    const commandOf = (row) => {
      const [start, trial] = packed.commands.rows[row.place];
      return packed.commands.starts[start] ? visible(`${packed.commands.starts[start]} ${trial}`) : "";
    };
    const tell = (row) => {
      const cell = row.line.querySelector("td.c");
      if (row.told || !cell) return;
      row.told = true;
      const parts = packed.patterns[packed.effective[row.place]].map((column) =>
        `${packed.keys[column]} ${rounded(packed.values[column][packed.rows[column][row.place]])}`);
      if (parts.length) cell.append(make("small", {}, make("bdi", {}, visible(parts.join(", ")))));
      if (commandOf(row)) cell.append(make("code", {}, commandOf(row)));
    };
    const choice = (column) => (row) => [...row.line.cells[column].childNodes]
      .filter((node) => node.nodeName !== "SMALL" && node.className !== "mark")
      .map((node) => node.textContent).join("").trim();

    const wanted = new Map();
    let words = [];
    let shown = STEP;
    let order = rows;

    const status = make("output", { ariaLive: "polite" });
    const more = make("button", { type: "button" });
    const search = make("input", { type: "search", placeholder: "trial, backbone, activation gelu…" });
    const tools = make("div", { className: "tools" }, make("label", {}, "Search", search));

    const found = (row) =>
      [...wanted.values()].every((fits) => fits(row)) && words.every((word) => row.text.includes(word));

    const draw = () => {
      body.querySelectorAll("tr.parameters").forEach((line) => line.remove());
      body.querySelectorAll("details[open]").forEach((details) => { details.open = false; });
      const fit = order.filter(found);
      const seen = fit.slice(0, shown);
      seen.forEach(tell);
      body.replaceChildren(...seen.map((row) => row.line));
      status.textContent = seen.length === rows.length
        ? `${rows.length} rows`
        : fit.length
          ? `${seen.length} of ${fit.length} rows${fit.length < rows.length ? ` that fit, ${rows.length} in all` : ""}`
          : `No row fits; there are ${rows.length} in all`;
      more.hidden = seen.length === fit.length;
      more.textContent = `Show ${Math.min(5 * STEP, fit.length - seen.length)} more`;
    };
    const redraw = () => { shown = STEP; draw(); };

    const sort = (column, descending) => {
      const numeric = heads[column].dataset.sort === "number";
      const key = (row) => {
        const cell = row.cells[column];
        if (numeric) return number(cell);
        return cell === MISSING ? "" : cell;
      };
      const missing = (value) => (numeric ? Number.isNaN(value) : value === "");
      const sign = descending ? -1 : 1;
      const keyed = rows.map((row) => [key(row), row]);
      // Rows without a value stay last whichever way; equal ones in the order of the ranks.
      keyed.sort(([one, a], [other, b]) =>
        missing(one) - missing(other) ||
        (missing(one) ? 0 : sign * (numeric ? one - other : one.localeCompare(other, undefined, { numeric: true }))) ||
        a.place - b.place);
      // Trials without a rank and the baselines between them keep their places when the rank is asked for.
      order = column === 0 && !descending ? rows : keyed.map(([, row]) => row);
      heads.forEach((head, other) => {
        if (other === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      redraw();
    };

    heads.forEach((head, column) => {
      if (!head.dataset.sort) return;
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
    });
    heads[0].setAttribute("aria-sort", "ascending");

    heads.forEach((head, column) => {
      const of = choice(column);
      const options = head.dataset.sort === "choice"
        ? [...new Set(rows.map(of))].filter((option) => option && option !== MISSING).sort()
        : [];
      if (options.length < 2) return;
      const select = make("select", {}, make("option", { value: "" }, "all"));
      // Its place, not its text, is an option's value: the text may be empty or of any length.
      options.forEach((option, place) => select.append(make("option", { value: String(place) }, option)));
      select.addEventListener("change", () => {
        const option = options[Number(select.value)];
        wanted.delete(column);
        if (select.value !== "") wanted.set(column, (row) => of(row) === option);
        redraw();
      });
      tools.append(make("label", {}, head.textContent, select));
    });
    if (table.querySelector("em.tied")) {
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => {
        wanted.delete("tied");
        if (box.checked) wanted.set("tied", (row) => row.line.querySelector("em.tied, em.best") !== null);
        redraw();
      });
      tools.append(make("label", { className: "tick" }, box, "Tied with the best"));
    }

    let searchable = false;
    search.addEventListener("input", () => {
      if (!searchable) {
        for (const row of rows) {
          row.text += " " + parameters(row).map((pair) => pair.join(" ")).join(" ").toLowerCase();
        }
        searchable = true;
      }
      words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      redraw();
    });
    more.addEventListener("click", () => { shown += 5 * STEP; draw(); });

    const place = new Map(rows.map((row) => [row.line, row]));
    body.addEventListener("toggle", (event) => {
      const line = event.target.closest("tr");
      const row = place.get(line);
      if (line.nextElementSibling?.className === "parameters") line.nextElementSibling.remove();
      if (!row || !event.target.open) return;
      const command = commandOf(row);
      const pairs = parameters(row).map((pair) => pair.map(visible)).map(([key, value]) =>
        make("div", {}, make("dt", {}, make("bdi", {}, key)), make("dd", {}, make("bdi", {}, value))));
      const cell = make("td", { colSpan: heads.length });
      if (command) cell.append(make("span", {}, "Train it again:"), make("code", { className: "command" }, command));
      cell.append(make("dl", { className: "values" }, ...pairs));
      line.after(make("tr", { className: "parameters" }, cell));
    }, true);

    table.classList.add("ready");
    tools.append(status);
    board.prepend(tools);
    board.querySelector(".scroll").after(more);
    if (/\.html?$/i.test(location.pathname)) {
      const links = ["csv", "json"].map((ending) =>
        make("a", { href: location.pathname.replace(/\.html?$/i, `.${ending}`) }, `All rows as ${ending.toUpperCase()}`));
      tools.append(...links);
    }
    draw();
  };

  document.querySelectorAll(".board").forEach(enhance);
})();
