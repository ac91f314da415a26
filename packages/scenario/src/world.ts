import { profileNames, profiles } from './profiles.ts';
import type { Profile, ProfileName } from './profiles.ts';
import { defaultDelayS } from './run-spec.ts';
import type { RunSpec } from './run-spec.ts';

/** What payments depend on beside their booking; all of it travels in the booking's `scenario`. */
export interface World {
  readonly profile: Profile;
  /** What customers are drawn from: the profile and the seed. */
  readonly seed: string;
  /** How long after a payment its refund comes, at most. */
  readonly maxDelayMs: number;
  /** The share of bookings beside which an orphan is paid. */
  readonly orphans: number;
}

/** The `scenario` of a run's events: `<profile>:<seed>`, and what the run wants otherwise than its profile: `everyday:7;maxDelayS=60`. */
export const scenarioOf = ({ profile, seed, maxDelayS, faults }: RunSpec): string => {
  const orphans = faults?.orphans;
  return [
    `${profile}:${seed}`,
    ...(maxDelayS === defaultDelayS ? [] : [`maxDelayS=${maxDelayS}`]),
    ...(orphans === undefined || orphans === profiles[profile].faults.orphans ? [] : [`orphans=${orphans}`]),
  ].join(';');
};

const numberIn = (settings: readonly string[], name: string, low: number, high: number): number | undefined => {
  const text = settings.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  const value = Number(text);
  return text !== undefined && value >= low && value <= high ? value : undefined;
};

const isProfile = (name: string): name is ProfileName => profileNames.some((each) => each === name);

const parse = (scenario: string): World => {
  const [seed = '', ...settings] = scenario.split(';');
  const [name = ''] = seed.split(':');
  const profile = isProfile(name) ? profiles[name] : profiles.everyday;
  return {
    profile,
    seed,
    maxDelayMs: 1000 * (numberIn(settings, 'maxDelayS', 1, 31 * 86_400) ?? defaultDelayS),
    orphans: numberIn(settings, 'orphans', 0, 1) ?? profile.faults.orphans,
  };
};

/** The world of a run's bookings. */
export const worldOfRun = (spec: RunSpec): World => parse(scenarioOf(spec));

/** The scenario that asks to be left alone. */
const untouched = 'none';
let last: { readonly scenario: string; readonly world: World } | undefined;

/**
 * The world that a booking belongs to: that of its `scenario`; for a booking from elsewhere, without one, the everyday one with a
 * seed of its own. Undefined for the scenario `none`: somebody else takes care of its payments.
 */
export const worldOf = ({ scenario, subject }: { readonly scenario?: string; readonly subject: string }): World | undefined => {
  if (scenario === untouched) return undefined;
  if (scenario === undefined) return { ...parse(''), seed: subject };
  // Nearly always that of the booking before.
  if (last?.scenario !== scenario) last = { scenario, world: parse(scenario) };
  return last.world;
};
