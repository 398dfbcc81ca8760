/** Building the page's elements without a framework, and without inline styles or scripts. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `on` holds listeners, `data` and `aria` hold attributes of that family,
 * null and false leave a property out; every other name is an attribute.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  const { on = {}, data = {}, aria = {}, ...attributes } = props;
  for (const [event, heard] of Object.entries(on)) element.addEventListener(event, heard);
  setAll(element, attributes, "");
  setAll(element, data, "data-");
  setAll(element, aria, "aria-");
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

function setAll(element, values, prefix) {
  for (const [name, value] of Object.entries(values)) {
    if (value == null || value === false) continue;
    element.setAttribute(prefix + name, value === true && !prefix ? "" : String(value));
  }
}

/** One of the drawings that index.html keeps as symbols `i-<name>`. */
export function icon(name, kind = "") {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", `icon ${kind}`.trim());
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawing.append(use);
  return drawing;
}

/** A push button that never submits a form. */
export function button(props, ...children) {
  return h("button", { type: "button", ...props }, ...children);
}

/** A choice of one; `options` are [value, text] pairs. */
export function select(props, options, chosen) {
  return h(
    "select",
    props,
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
}

/** Show a sentence at the foot of the page for a few seconds. */
export function notify(text) {
  const notice = h("p", { class: "notice" }, text);
  document.getElementById("notices").append(notice);
  setTimeout(() => notice.remove(), 6000);
}

/** Run what a press started; whatever it was refused with is shown, never swallowed. Tells whether it went well. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (refusal) {
    notify(refusal.message);
    return false;
  }
}
