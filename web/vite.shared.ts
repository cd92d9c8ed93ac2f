/** Returns a path of the repository as the file system has it. */
export const path = (relative: string): string => decodeURIComponent(new URL(relative, import.meta.url).pathname);

/** The one file of colours and type, which the report's pictures read as well. */
export const alias = { $tokens: path("../libs/malapert-cli/src/malapert_cli/report/tokens.json") };
