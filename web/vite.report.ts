import { defineConfig } from "vite";
import { alias, path } from "./vite.shared.ts";

// One script that report.html and the comparison carry within them.
export default defineConfig({
  resolve: { alias },
  publicDir: false,
  build: {
    outDir: path("../libs/malapert-cli/src/malapert_cli/report/built"),
    emptyOutDir: true,
    target: "es2022",
    lib: {
      entry: path("src/report/report.ts"),
      formats: ["iife"],
      name: "malapertReport",
      fileName: () => "report.js",
    },
  },
});
