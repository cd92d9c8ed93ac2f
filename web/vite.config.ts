import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { alias, path } from "./vite.shared.ts";

// The page that the gateway serves at /.
export default defineConfig({
  plugins: [svelte()],
  resolve: { alias },
  build: { outDir: path("../services/gateway/src/malapert_gateway/page/built"), emptyOutDir: true, target: "es2022" },
  test: { include: ["tests/**/*.test.ts"] },
});
