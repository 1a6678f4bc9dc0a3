import { defineConfig } from "vitest/config";

const setupFiles = ["test/layout.ts"];
export default defineConfig({
  test: { environment: "jsdom", include: ["test/**/*.test.ts"], setupFiles, testTimeout: 30_000 },
});
