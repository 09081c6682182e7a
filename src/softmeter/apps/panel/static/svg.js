// Making SVG elements.

const NAMESPACE = "http://www.w3.org/2000/svg";

/** A new SVG element with attributes; appended to `parent` where given. */
export function svg(name, attributes = {}, parent = null) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") element.textContent = value;
    else element.setAttribute(key, value);
  }
  parent?.append(element);
  return element;
}

/** A polygon through `[[x, y], …]`. */
export const polygon = (points, attributes, parent) =>
  svg("polygon", { points: points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" "), ...attributes }, parent);
