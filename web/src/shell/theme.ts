import tokens from "$tokens";

export type Choice = "auto" | "light" | "dark";
const KEPT = "malapert-theme";

/** Puts the tokens of both themes into the page as variables. */
export function adoptTokens(): void {
  const sheet = new CSSStyleSheet();
  const { family, mono } = tokens.type;
  sheet.replaceSync(`
    :root { --family: ${family}; --mono: ${mono}; ${variables("light")} }
    :root[data-theme="dark"] { ${variables("dark")} }
    @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${variables("dark")} } }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function variables(name: "light" | "dark"): string {
  const { agency, ...colours } = tokens[name];
  const hues = Object.entries(agency).map(([hue, value]) => `--agency-${hue}: ${value};`);
  const pairs = [...Object.entries(colours).map(([key, value]) => `--${key}: ${value};`), ...hues];
  return `color-scheme: ${name}; ${pairs.join(" ")}`;
}

/** Returns the theme that was chosen in this browser. */
export function keptTheme(): Choice {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

/** Shows a theme, and keeps the choice. */
export function showTheme(choice: Choice): void {
  localStorage.setItem(KEPT, choice);
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}
