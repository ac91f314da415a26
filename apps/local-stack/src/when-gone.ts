/** Calls back once the process with this number is no longer there, within half a second; never for 0. Does not keep us running. */
export const whenGone = (pid: number, then: () => void): void => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return;
  const timer = setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      clearInterval(timer);
      then();
    }
  }, 500);
  timer.unref();
};
