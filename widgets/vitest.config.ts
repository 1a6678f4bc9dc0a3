import { defineConfig } from "vitest/config";

const setupFiles = ["test/support/resizeObserver.ts"];
export default defineConfig({
  test: { environment: "jsdom", include: ["test/**/*.test.ts"], setupFiles, testTimeout: 30_000 },
});
