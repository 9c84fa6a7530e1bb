// The search field of a leaderboard with its help, and a link that leads to what was found.
//
//   const search = boardSearch(board, boardRows.read(board), () => draw());
//   rows.filter(search.fits);                              // problem, help and the rest are to be put on the page
const boardSearch = (board, { rows, keys, parameters }, changed) => {
  const make = boardMake;
  const section = board.closest("section[id]").id;
  const field = make("input", { type: "search", placeholder: board.dataset.example, spellcheck: false });
  const problem = make("output", { className: "problem", id: `${section}-problem`, ariaLive: "polite" });
  const link = make("a", { hidden: true }, "Link to these rows");
  let tests = [];
  let searchable = false;

  field.setAttribute("aria-describedby", problem.id);
  field.autocapitalize = "off";

  const look = () => {
    if (!searchable && field.value) {
      // What is searched for may be a parameter's value: `activation gelu`.
      for (const row of rows) {
        row.text += ` ${parameters(row).map((pair) => pair.join(" ")).join(" ").toLowerCase()}`;
      }
      searchable = true;
    }
    const found = field.value.trim() ? boardQuery.parse(field.value, keys()) : { tests: [], problems: [] };
    tests = found.tests;
    problem.textContent = found.problems[0] ?? "";
    field.ariaInvalid = String(found.problems.length > 0);
    link.href = `#${section}?search=${encodeURIComponent(field.value)}`;
    link.hidden = !field.value.trim();
    changed();
  };
  field.addEventListener("input", look);

  // A link of this page, sent by mail or kept: the rows that it was made of.
  const follow = () => {
    const [id, wish] = location.hash.slice(1).split("?");
    const text = id === section && new URLSearchParams(wish).get("search");
    if (!text) return;
    field.value = text;
    look();
    board.closest("section[id]").scrollIntoView();
  };
  addEventListener("hashchange", follow);

  const help = make("details", { className: "help" }, make("summary", {}, "How to search"));
  help.addEventListener("toggle", () => {
    if (help.childElementCount > 1) return;
    const names = (column) => [...keys()].filter(([, key]) => key.column === column).map(([name]) => name).join(", ");
    const entries = [
      ["activation gelu", "both words stand in the row, or in its parameters"],
      [board.dataset.example, "a number, in the unit of the table: <, <=, >, >=, = or !="],
      ["state:complete", "the word holds this; state=complete is exactly this"],
      ["state:complete,failed", "one of several"],
      ["-state:pruned", "not so; a minus goes before words, too"],
      ['run:"my run"', "quotes hold spaces and signs"],
      [`state:complete ${board.dataset.example}`, "all of it must hold"],
    ];
    help.append(
      make("dl", {}, ...entries.map(([typed, what]) => make("div", {}, make("dt", {}, make("code", {}, typed)), make("dd", {}, what)))),
      make("p", {}, `Columns: ${names(true)}.`),
      make("p", {}, `Parameters, where they have an effect: ${names(false)}.`),
    );
  });

  return {
    fits: (row) => tests.every((holds) => holds(row)),
    fields: [make("label", { className: "query" }, "Search", field)],
    link,
    problem,
    help,
    follow,
  };
};
