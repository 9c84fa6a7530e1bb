// Lets the reader sort, search, filter and open the leaderboards, which are tables of their own without it.
(() => {
  const STEP = 200; // rows that are shown at first, and more with each wish: a browser lays out thousands slowly
  const { MISSING, visible, rounded } = boardRows;
  const make = boardMake;

  const enhance = (board) => {
    const table = board.querySelector("table");
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const data = boardRows.read(board);
    const { rows, parameters, effective, commandOf } = data;
    // Without this script they would open to nothing.
    for (const cell of body.querySelectorAll("[data-of]")) {
      const of = make("span", { className: "unseen" }, ` of ${cell.dataset.of}`);
      cell.replaceWith(make("details", {}, make("summary", {}, ...cell.childNodes, of)));
    }
    // What a row is, within sight: the parameters that have an effect, rounded, and the command that trains it again.
    const tell = (row) => {
      const cell = row.line.querySelector("td.c");
      if (row.told || !cell) return;
      row.told = true;
      pair.offer(row);
      const parts = effective(row).map(([key, value]) => `${key} ${rounded(value)}`);
      if (parts.length) cell.append(make("small", {}, make("bdi", {}, visible(parts.join(", ")))));
      if (commandOf(row)) cell.append(make("code", {}, commandOf(row)));
    };

    const wanted = new Map();
    let shown = STEP;
    let order = rows;

    const status = make("output", { ariaLive: "polite" });
    const more = make("button", { type: "button" });
    const found = (row) => [...wanted.values()].every((fits) => fits(row)) && search.fits(row);

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
    const search = boardSearch(board, data, redraw);
    const pair = boardPair(board, heads, data);
    const tools = make("div", { className: "tools" }, ...search.fields);

    const sort = (column, descending) => {
      const numeric = heads[column].dataset.sort === "number";
      const key = (row) => {
        const cell = row.cells[column];
        if (numeric) return boardQuery.number(boardRows.leading(cell) ?? "");
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
    const sortable = (head, column) => {
      if (!head.dataset.sort) return;
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
    };
    heads.forEach(sortable);
    heads[0].setAttribute("aria-sort", "ascending");

    heads.forEach((head, column) => {
      const of = boardRows.choice(column);
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
    tools.append(status, search.link, pair.status);
    const below = make("div", { className: "below" }, boardColumns(heads, data, sortable), search.help);
    board.prepend(tools, search.problem, below);
    board.querySelector(".scroll").after(more, pair.panel);
    if (/\.html?$/i.test(location.pathname)) {
      const links = ["csv", "json"].map((ending) =>
        make("a", { href: location.pathname.replace(/\.html?$/i, `.${ending}`) }, `All rows as ${ending.toUpperCase()}`));
      tools.append(...links);
    }
    draw();
    search.follow();
  };

  document.querySelectorAll(".board").forEach(enhance);
})();
