// Waiting for a condition, never for a time.

import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 40;

/**
 * Asks `probe` again and again until it answers something true, and gives that answer. The time limit is only there
 * to end a test that has failed; `what` is a sentence for that case, or a function giving one.
 */
export async function until(what, probe, timeoutMs = 30_000) {
  const deadline = Date.now() + timeoutMs;
  let lastError;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      const sentence = typeof what === "function" ? await what() : what;
      throw new Error(`after ${timeoutMs / 1000} s still not so: ${sentence}`, { cause: lastError });
    }
    await pause(POLL_MS);
  }
}
