import { defineConfig } from "vite";
import { alias, path } from "./vite.shared.ts";

// The module that a notebook's widget of the client loads.
export default defineConfig({
  resolve: { alias },
  publicDir: false,
  build: {
    outDir: path("../libs/malapert-client/src/malapert_client/widget/built"),
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: path("src/widget/widget.ts"), formats: ["es"], fileName: () => "timeline.js" },
  },
});
