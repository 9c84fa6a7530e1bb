// Which columns of a leaderboard are shown: those of the page, and parameters that differ as columns of their own.
//
//   boardColumns(heads, boardRows.read(board), (head, place) => …)       // what opens to a box for each column
//
// heads: grows with each parameter that is shown for the first time; added(head, place) is told of it.
const boardColumns = (heads, { rows, keys, withEffect }, added) => {
  const make = boardMake;
  const { MISSING, rounded, visible } = boardRows;
  const FIXED = 2; // rank and name stay
  const hide = (column, hidden) => {
    heads[column].hidden = hidden;
    for (const row of rows) row.boxes[column].hidden = hidden;
  };
  const box = (name, checked, change) => {
    const tick = make("input", { type: "checkbox", checked });
    tick.addEventListener("change", () => change(tick.checked));
    return make("label", { className: "tick" }, tick, name);
  };
  const ofPage = heads.slice(FIXED).map((head, place) =>
    box(head.dataset.title ?? head.textContent, true, (checked) => hide(place + FIXED, !checked)));

  // A parameter's column stands beside the configuration; its place among `heads` is the last one.
  const beside = heads.findIndex((head) => head.className === "c");
  const show = (name, key) => {
    const shape = { className: key.numeric ? "n" : "w" };
    const written = (given) => make("bdi", {}, visible(given));
    const head = make("th", { ...shape, scope: "col" }, written(name));
    head.dataset.sort = key.numeric ? "number" : "word";
    heads[beside].before(head);
    heads.push(head);
    for (const row of rows) {
      const value = key.values(row)[0] ?? MISSING;
      const cell = make("td", shape, written(rounded(value)));
      row.boxes[beside].before(cell);
      row.boxes.push(cell);
      row.cells.push(value);
    }
    added(head, heads.length - 1);
    return heads.length - 1;
  };
  const ofColumns = new Set(heads.map((head) => head.dataset.key));
  const ofParameters = withEffect.filter((name) => !ofColumns.has(name.toLowerCase())).map((name) => {
    let column = 0;
    return box(visible(name), false, (checked) => {
      if (column) hide(column, !checked);
      else if (checked) column = show(name, keys().get(name.toLowerCase()));
    });
  });

  const group = (name, title, boxes) => make("fieldset", { name }, make("legend", {}, title), ...boxes);
  return make("details", { className: "columns" }, make("summary", {}, "Columns"),
    group("columns", "Columns", ofPage), group("parameters", "Parameters", ofParameters));
};
