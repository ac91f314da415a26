/** Remembers, for one input, from which position on a restart has to read again. */
export interface ReplayMarks {
  /** The event or tick at `position`, in reading order, has the time `at` (ms). */
  read(position: number, at: number): void;
  /** The first position read whose time is `floor` or above; `undefined` when there is none. The floor never falls. */
  first(floor: number): number | undefined;
}

/**
 * Marks of an input of which nothing has been read. The first position at or above a floor is always one that was higher than
 * everything before it, so only those are kept, and those below the floor are let go: the list is as long as the window.
 */
export const createReplayMarks = (): ReplayMarks => {
  const marks: { readonly position: number; readonly at: number }[] = [];
  let gone = 0;
  return {
    read(position, at) {
      const newest = marks.at(-1);
      if (!newest || at > newest.at) marks.push({ position, at });
    },
    first(floor) {
      for (let mark = marks[gone]; mark && mark.at < floor; mark = marks[gone]) {
        // The newest stays, to tell what is higher than everything before it.
        if (gone === marks.length - 1) return undefined;
        gone++;
      }
      if (gone > 1024 && 2 * gone > marks.length) {
        marks.splice(0, gone);
        gone = 0;
      }
      return marks[gone]?.position;
    },
  };
};
