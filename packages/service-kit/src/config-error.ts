/** One setting that cannot be used. */
export interface ConfigFault {
  /** The environment variable, or the several that a rule without a place of its own compared. */
  readonly variable: string;
  /** What was found; absent when nothing was set, or when `hidden`. */
  readonly value?: string;
  /** True when something was set that must not be shown. */
  readonly hidden?: true;
  /** What would do; completes the sentence "expected ...". */
  readonly expected: string;
}

const found = ({ value, hidden }: ConfigFault): string => {
  if (hidden) return 'what is set (not shown) is not that';
  return value === undefined ? 'it is not set' : `found ${JSON.stringify(value)}`;
};

/** Thrown before a service starts; carries every fault of its settings at once, one line each in the message. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map((fault) => `  ${fault.variable}: expected ${fault.expected}; ${found(fault)}`);
    super(`${faults.length === 1 ? 'a setting is' : `${faults.length} settings are`} not usable:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}
