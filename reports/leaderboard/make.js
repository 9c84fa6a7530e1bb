// boardMake("p", { className: "note" }, "text is never markup", child): an element with its children.
const boardMake = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
