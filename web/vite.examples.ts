import { defineConfig } from "vite";
import { alias, path } from "./vite.shared.ts";

// The examples of the timeline, opened as a file; the performance scenario runs on them.
export default defineConfig({
  resolve: { alias },
  publicDir: false,
  build: {
    outDir: path("examples/built"),
    emptyOutDir: true,
    target: "es2022",
    lib: {
      entry: path("examples/examples.ts"),
      formats: ["iife"],
      name: "malapertExamples",
      fileName: () => "examples.js",
    },
  },
});
